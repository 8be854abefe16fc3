"""The layers, held by reading the code: imports (those inside functions too), sizes, and who may read what."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.settings import ROOT

CAPABILITIES = ("detection", "segmentation", "intent", "keywords", "speech", "editing", "generation")
CONTENT = ("samples",)  # pictures to try, beside the kernel and not of it
MODEL_LIBRARIES = {
    *("onnx", "onnxruntime", "sklearn", "skimage", "spacy", "en_core_web_sm", "rapidocr", "zxingcpp", "tokenizers"),
    *("torch", "transformers", "sentence_transformers", "keybert", "whisper", "pocketsphinx"),
}
FORBIDDEN_AT_IMPORT = MODEL_LIBRARIES | {
    "av",
    "pandas",
    "plotly",
    "matplotlib",
    "pycocotools",
}  # at the top of a file of core
LARGEST_FILE, LARGEST_PAGE, LARGEST_FUNCTION = 300, 150, 50


def sources(*folders: str) -> list[Path]:
    """Every Python file of the project's folders."""
    files = [file for folder in folders for file in sorted((ROOT / folder).rglob("*.py"))]
    return files + ([ROOT / "Home.py"] if "pages" in folders and (ROOT / "Home.py").is_file() else [])


def where(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def imports(file: Path, top_only: bool = False) -> Iterator[str]:
    """Dotted names of what a file imports; `from core import policy` counts as core.policy."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    lazy = {id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef | ast.AsyncFunctionDef) for n in ast.walk(f)}
    for node in ast.walk(tree):
        if top_only and id(node) in lazy:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{where(file)}:{node.lineno} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(name: str) -> str:
    """The room of an import: "core.policy" -> "policy", "core.types.boxes.Box" -> "types"; "" outside core."""
    parts = name.split(".")
    return parts[1] if parts[0] == "core" and len(parts) > 1 else ""


def is_kernel(file: Path) -> bool:
    inner = file.relative_to(ROOT / "core")
    alone = len(inner.parts) == 1 and inner.stem not in ("__init__", "__main__", *CONTENT)
    return alone or inner.parts[0] == "types"


KERNEL = {file.stem for file in sources("core") if is_kernel(file) and file.parent.name == "core"} | {"types"}


def foreign(files: list[Path], allowed: set[str]) -> list[str]:
    """Imports of rooms of core that are not allowed."""
    return [f"{where(f)}: {name}" for f in files for name in imports(f) if room(name) and room(name) not in allowed]


def test_the_reader_of_imports_sees_every_form(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("import core.cli.ask\nfrom core import policy\ndef f():\n    from core.types.boxes import Box\n")
    assert list(imports(file)) == ["core.cli.ask", "core.policy", "core.types.boxes.Box"]
    assert [room(name) for name in imports(file)] == ["cli", "policy", "types"]
    assert list(imports(file, top_only=True)) == ["core.cli.ask", "core.policy"]
    assert {"policy", "types", "ports", "registry", "memo"} <= KERNEL
    assert not KERNEL & {"cli", "dialogue", *CAPABILITIES}


def test_core_never_imports_streamlit_nor_pages() -> None:
    found = [
        f"{where(f)}: {n}" for f in sources("core") for n in imports(f) if n.split(".")[0] in ("streamlit", "pages")
    ]
    assert not found


def test_the_kernel_imports_no_capability_and_no_model_library() -> None:
    kernel = [file for file in sources("core") if is_kernel(file)]
    assert len(kernel) > 15
    assert not foreign(kernel, KERNEL)
    found = [f"{where(f)}: {n}" for f in kernel for n in imports(f) if n.split(".")[0] in MODEL_LIBRARIES]
    assert not found


@pytest.mark.parametrize("name", [name for name in CAPABILITIES if (ROOT / "core" / name).is_dir()])
def test_a_capability_imports_the_kernel_shared_models_and_itself(name: str) -> None:
    assert not foreign(sources(f"core/{name}"), KERNEL | {"shared_models", name})


def test_shared_models_import_the_kernel_and_themselves() -> None:
    assert not foreign(sources("core/shared_models"), KERNEL | {"shared_models"})


@pytest.mark.parametrize(
    ("name", "beside"),
    [("dialogue", set()), ("formats", set()), ("sessions", set()), ("evaluation", {"formats", "dialogue"})],
)
def test_the_rooms_above_receive_engines_as_ports(name: str, beside: set[str]) -> None:
    """Only the registry names engines, and only as text."""
    assert not foreign(sources(f"core/{name}"), KERNEL | beside | {name})


def test_only_settings_read_the_environment() -> None:
    word = re.compile(r"\bos\.(environb?|getenv)\b|\bimport (environ|getenv)\b|\bfrom os import\b")
    found = [
        f"{where(file)}:{number}"
        for file in sources("core", "pages")
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if word.search(line) and where(file) != "core/settings.py" and not in_docstring(file, number)
    ]
    assert not found


def docstring_lines(file: Path) -> set[int]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                lines.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return lines


def in_docstring(file: Path, line: int) -> bool:
    return line in docstring_lines(file)


def test_no_address_in_the_code() -> None:
    """Addresses belong into assets and settings; a docstring or comment may name its source."""
    found = []
    for file in sources("core", "pages"):
        with file.open("rb") as stream:
            for token in tokenize.tokenize(stream.readline):
                text = token.type in (tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING))
                if text and re.search(r"https?://\w", token.string) and not in_docstring(file, token.start[0]):
                    found.append(f"{where(file)}:{token.start[0]}")
    assert not found


def test_files_and_functions_stay_small() -> None:
    large = [
        f"{where(file)}: {count} lines"
        for file in sources("core", "pages", "tests")
        if (count := len(file.read_text(encoding="utf-8").splitlines()))
        > (LARGEST_PAGE if file.parent == ROOT / "pages" else LARGEST_FILE)
    ]
    long = [
        f"{where(file)}:{node.lineno} {node.name}: {(node.end_lineno or 0) - node.lineno + 1} lines"
        for file in sources("core", "pages")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > LARGEST_FUNCTION
    ]
    assert not large + long


def test_heavy_libraries_are_imported_where_they_are_used() -> None:
    found = [
        f"{where(file)}: {name}"
        for file in sources("core")
        for name in imports(file, top_only=True)
        if name.split(".")[0] in FORBIDDEN_AT_IMPORT
    ]
    assert not found


def test_a_question_on_the_command_line_loads_no_torch_and_no_page(tmp_path: Path) -> None:
    """In a process of its own: one `ask` with the settings' engines, whether they can answer here or not."""
    from PIL import Image

    picture = tmp_path / "grey.png"
    Image.new("RGB", (64, 48), (90, 90, 90)).save(picture)
    code = (
        "import sys; from core.cli.main import main;"
        f"status = main(['ask', {str(picture)!r}, 'segment the dog', '--out', {str(tmp_path / 'out')!r}]);"
        "print(status, sorted({'torch', 'transformers', 'streamlit', 'keybert'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last in ("0 []", "2 []"), done.stderr

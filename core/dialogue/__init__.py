"""The turn itself: a straight line of stages that receives every engine as a port."""

"""The shapes of the four sizes, from the fact sheet, for tests that reckon without a database."""

from apps.guide.hardware.memory import Shape

SHAPES = {
    "7b": Shape(layers=32, hidden=4096, heads=32, kv_heads=32, head_size=128, feed_forward=11008, vocabulary=32016),
    "13b": Shape(layers=40, hidden=5120, heads=40, kv_heads=40, head_size=128, feed_forward=13824, vocabulary=32016),
    "34b": Shape(layers=48, hidden=8192, heads=64, kv_heads=8, head_size=128, feed_forward=22016, vocabulary=32000),
    "70b": Shape(layers=80, hidden=8192, heads=64, kv_heads=8, head_size=128, feed_forward=28672, vocabulary=32016),
}

"""How fitted objects are drawn in ONNX, one file per kind; opened by address when asked."""

"""llama.cpp's ``/infill``, for the editors that speak it: llama.vim and llama.vscode."""

"""The functions of the language, by what they work on; `versions` says which counts where."""

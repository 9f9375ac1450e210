"""The image service: images, their bytes, and who may see them."""

"""Volumes and their attachments to servers."""

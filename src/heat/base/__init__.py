"""What every room uses: JSON shapes, ids, names, problems, errors, the clock."""

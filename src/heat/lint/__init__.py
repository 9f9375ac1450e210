"""Templates examined without a service: what is wrong, what is doubtful, how they are laid out."""

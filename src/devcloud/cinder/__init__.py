"""The block storage service: volumes, snapshots, backups and volume types."""

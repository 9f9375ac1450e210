"""What has to change: recorded + desired -> plan. Pure: it decides, the engine acts."""

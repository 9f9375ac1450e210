"""What CloudFormation itself offers: wait conditions."""

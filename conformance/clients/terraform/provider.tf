variable "endpoint" {
  description = "Address of the server, as http://host:port."
  type        = string
}

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

# Skips the provider's requests to other AWS services.
provider "aws" {
  region                      = "us-east-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true

  endpoints {
    cognitoidp = var.endpoint
  }

  default_tags {
    tags = { managed-by = "terraform" }
  }
}

# The pools and clients of created.tf with changes.

resource "aws_cognito_user_pool" "minimal" {
  name                       = "minimal"
  mfa_configuration          = "OPTIONAL"
  email_verification_message = "Take {####}."
  email_verification_subject = "Code"

  software_token_mfa_configuration {
    enabled = true
  }

  sign_in_policy {
    allowed_first_auth_factors = ["PASSWORD", "WEB_AUTHN"]
  }

  web_authn_configuration {
    relying_party_id  = "example.com"
    user_verification = "required"
  }
}

resource "aws_cognito_user_pool_client" "minimal" {
  name                  = "renamed"
  user_pool_id          = aws_cognito_user_pool.minimal.id
  explicit_auth_flows   = ["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
  access_token_validity = 2

  token_validity_units {
    access_token = "hours"
  }
}

# Without triggers, devices, messages and the settings in tags; with one more attribute.
resource "aws_cognito_user_pool" "rich" {
  name                = "rich"
  deletion_protection = "INACTIVE"
  alias_attributes    = ["email", "preferred_username"]
  mfa_configuration   = "OFF"

  tags = {
    team = "b"
  }

  admin_create_user_config {
    allow_admin_create_user_only = false
  }

  email_configuration {
    email_sending_account = "COGNITO_DEFAULT"
  }

  password_policy {
    minimum_length    = 8
    require_lowercase = true
  }

  schema {
    name                = "email"
    attribute_data_type = "String"
    mutable             = true
    required            = true
  }

  schema {
    name                = "tenant"
    attribute_data_type = "String"
    mutable             = true
    string_attribute_constraints {
      min_length = 1
      max_length = 64
    }
  }

  schema {
    name                = "level"
    attribute_data_type = "Number"
    number_attribute_constraints {
      min_value = 1
      max_value = 9
    }
  }

  schema {
    name                = "since"
    attribute_data_type = "DateTime"
    mutable             = true
  }

  username_configuration {
    case_sensitive = false
  }
}

resource "aws_cognito_user_pool_client" "rich" {
  name                          = "rich"
  user_pool_id                  = aws_cognito_user_pool.rich.id
  generate_secret               = true
  explicit_auth_flows           = ["ALLOW_USER_SRP_AUTH"]
  prevent_user_existence_errors = "LEGACY"
  enable_token_revocation       = false
  read_attributes               = ["email", "custom:since"]
  write_attributes              = ["email"]
  callback_urls                 = ["myapp://signed-in", "http://localhost:3000/signed-in"]
  default_redirect_uri          = "myapp://signed-in"

  refresh_token_rotation {
    feature                    = "ENABLED"
    retry_grace_period_seconds = 10
  }

  token_validity_units {
    access_token  = "minutes"
    id_token      = "minutes"
    refresh_token = "days"
  }
}

resource "aws_cognito_user_pool" "phones" {
  name                     = "phones"
  username_attributes      = ["phone_number"]
  auto_verified_attributes = ["phone_number"]
  mfa_configuration        = "ON"
  sms_verification_message = "Take {####}."

  # The phone is the second factor now, so it must not be a recovery method.
  account_recovery_setting {
    recovery_mechanism {
      name     = "admin_only"
      priority = 1
    }
  }

  sms_configuration {
    external_id    = "phones"
    sns_caller_arn = "arn:aws:iam::123456789012:role/other"
    sns_region     = "us-east-1"
  }
}

resource "aws_cognito_user_pool_client" "phones" {
  name                = "phones"
  user_pool_id        = aws_cognito_user_pool.phones.id
  explicit_auth_flows = ["ADMIN_NO_SRP_AUTH", "USER_PASSWORD_AUTH"]
}

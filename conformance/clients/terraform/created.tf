# Pools and clients to create. updated.tf has the same resources with changes.

resource "aws_cognito_user_pool" "minimal" {
  name = "minimal"
}

resource "aws_cognito_user_pool_client" "minimal" {
  name         = "minimal"
  user_pool_id = aws_cognito_user_pool.minimal.id
}

resource "aws_cognito_user_pool" "rich" {
  name                       = "rich"
  deletion_protection        = "ACTIVE"
  alias_attributes           = ["email", "preferred_username"]
  auto_verified_attributes   = ["email"]
  mfa_configuration          = "ON"
  sms_authentication_message = "Sign in with {####}."

  tags = {
    team                                 = "a"
    "cognate:software-token-replacement" = "on-verify"
  }

  software_token_mfa_configuration {
    enabled = true
  }

  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = 1
    }
  }

  admin_create_user_config {
    allow_admin_create_user_only = true
    invite_message_template {
      email_message = "Welcome, {username}. Your temporary password is {####}."
      email_subject = "Welcome"
      sms_message   = "{username}: {####}"
    }
  }

  device_configuration {
    challenge_required_on_new_device      = true
    device_only_remembered_on_user_prompt = true
  }

  email_configuration {
    email_sending_account  = "DEVELOPER"
    source_arn             = "arn:aws:ses:us-east-1:123456789012:identity/example.com"
    from_email_address     = "People <people@example.com>"
    reply_to_email_address = "help@example.com"
  }

  lambda_config {
    pre_sign_up          = "arn:aws:lambda:us-east-1:123456789012:function:pre-sign-up"
    post_confirmation    = "arn:aws:lambda:us-east-1:123456789012:function:post-confirmation"
    pre_token_generation = "arn:aws:lambda:us-east-1:123456789012:function:claims"
  }

  password_policy {
    minimum_length                   = 12
    require_lowercase                = true
    require_numbers                  = true
    require_symbols                  = false
    require_uppercase                = true
    password_history_size            = 3
    temporary_password_validity_days = 2
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

  user_attribute_update_settings {
    attributes_require_verification_before_update = ["email"]
  }

  username_configuration {
    case_sensitive = false
  }

  verification_message_template {
    default_email_option = "CONFIRM_WITH_CODE"
    email_message        = "Your code is {####}."
    email_subject        = "Your code"
    sms_message          = "Your code is {####}."
  }
}

resource "aws_cognito_user_pool_client" "rich" {
  name                                          = "rich"
  user_pool_id                                  = aws_cognito_user_pool.rich.id
  generate_secret                               = true
  access_token_validity                         = 10
  id_token_validity                             = 30
  refresh_token_validity                        = 12
  auth_session_validity                         = 5
  explicit_auth_flows                           = ["ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
  prevent_user_existence_errors                 = "ENABLED"
  enable_token_revocation                       = true
  enable_propagate_additional_user_context_data = true
  read_attributes                               = ["email", "email_verified", "custom:tenant", "name"]
  write_attributes                              = ["name", "email"]
  supported_identity_providers                  = ["COGNITO"]
  allowed_oauth_flows_user_pool_client          = true
  allowed_oauth_flows                           = ["code"]
  allowed_oauth_scopes                          = ["openid", "email", "profile"]
  callback_urls                                 = ["https://b.example.com/signed-in", "https://a.example.com/signed-in"]
  logout_urls                                   = ["https://a.example.com/"]
  default_redirect_uri                          = "https://b.example.com/signed-in"

  token_validity_units {
    access_token  = "minutes"
    id_token      = "minutes"
    refresh_token = "hours"
  }
}

# Usernames are phone numbers, and the second factor is SMS.
resource "aws_cognito_user_pool" "phones" {
  name                     = "phones"
  username_attributes      = ["phone_number"]
  auto_verified_attributes = ["phone_number"]
  mfa_configuration        = "OPTIONAL"
  sms_verification_message = "Your code is {####}."

  sms_configuration {
    external_id    = "phones"
    sns_caller_arn = "arn:aws:iam::123456789012:role/sms"
    sns_region     = "us-east-1"
  }
}

resource "aws_cognito_user_pool_client" "phones" {
  name                = "phones"
  user_pool_id        = aws_cognito_user_pool.phones.id
  explicit_auth_flows = ["ADMIN_NO_SRP_AUTH"]
}

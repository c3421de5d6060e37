# The resources of full_created.tf with changes.

resource "aws_cognito_user_pool" "people" {
  name                       = "people"
  user_pool_tier             = "PLUS"
  deletion_protection        = "INACTIVE"
  alias_attributes           = ["email", "phone_number", "preferred_username"]
  auto_verified_attributes   = ["email", "phone_number"]
  mfa_configuration          = "OPTIONAL"
  sms_authentication_message = "Take {####}."
  sms_verification_message   = "Your code is {####}."
  email_verification_message = "Your code is {####}."
  email_verification_subject = "Your code"

  tags = {
    team = "b"
    cost = "7"
  }

  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = 1
    }
    recovery_mechanism {
      name     = "verified_phone_number"
      priority = 2
    }
  }

  admin_create_user_config {
    allow_admin_create_user_only = true
    invite_message_template {
      email_message = "Welcome, {username}. Your temporary password is {####}."
      email_subject = "Hello"
      sms_message   = "{username}: {####}"
    }
  }

  device_configuration {
    challenge_required_on_new_device      = true
    device_only_remembered_on_user_prompt = false
  }

  email_configuration {
    email_sending_account  = "DEVELOPER"
    source_arn             = "arn:aws:ses:us-east-1:123456789012:identity/example.com"
    from_email_address     = "People <people@example.com>"
    reply_to_email_address = "help@example.com"
  }

  email_mfa_configuration {
    message = "Sign in with {####}."
    subject = "Your second factor"
  }

  lambda_config {
    pre_sign_up          = "arn:aws:lambda:us-east-1:123456789012:function:other"
    pre_token_generation = "arn:aws:lambda:us-east-1:123456789012:function:claims"
  }

  password_policy {
    minimum_length                   = 16
    password_history_size            = 0
    require_lowercase                = true
    require_numbers                  = true
    require_symbols                  = false
    require_uppercase                = true
    temporary_password_validity_days = 2
  }

  schema {
    name                = "email"
    attribute_data_type = "String"
    mutable             = true
    required            = true
    string_attribute_constraints {
      min_length = 0
      max_length = 2048
    }
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
    name                     = "level"
    attribute_data_type      = "Number"
    developer_only_attribute = false
    number_attribute_constraints {
      min_value = 1
      max_value = 9
    }
  }

  schema {
    name                     = "secret"
    attribute_data_type      = "Boolean"
    developer_only_attribute = true
    mutable                  = true
  }

  schema {
    name                = "since"
    attribute_data_type = "DateTime"
    mutable             = true
  }

  sms_configuration {
    external_id    = "others"
    sns_caller_arn = "arn:aws:iam::123456789012:role/sms"
    sns_region     = "us-east-1"
  }

  sign_in_policy {
    allowed_first_auth_factors = ["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"]
  }

  software_token_mfa_configuration {
    enabled = false
  }

  user_attribute_update_settings {
    attributes_require_verification_before_update = ["email"]
  }

  user_pool_add_ons {
    advanced_security_mode = "ENFORCED"
    advanced_security_additional_flows {
      custom_auth_mode = "ENFORCED"
    }
  }

  username_configuration {
    case_sensitive = false
  }

  verification_message_template {
    default_email_option  = "CONFIRM_WITH_CODE"
    email_message_by_link = "Please {##confirm##}."
    email_subject_by_link = "Please confirm"
  }

  web_authn_configuration {
    relying_party_id  = "example.com"
    user_verification = "required"
  }
}

resource "aws_cognito_user_pool_client" "full" {
  name                                          = "full"
  user_pool_id                                  = aws_cognito_user_pool.people.id
  generate_secret                               = true
  access_token_validity                         = 20
  id_token_validity                             = 30
  refresh_token_validity                        = 12
  auth_session_validity                         = 15
  explicit_auth_flows                           = ["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
  prevent_user_existence_errors                 = "LEGACY"
  enable_token_revocation                       = false
  enable_propagate_additional_user_context_data = true
  read_attributes                               = ["email", "email_verified", "custom:since", "name"]
  write_attributes                              = ["name", "email", "custom:tenant"]
  supported_identity_providers                  = ["COGNITO"]
  allowed_oauth_flows_user_pool_client          = true
  allowed_oauth_flows                           = ["code"]
  allowed_oauth_scopes                          = ["openid", "email", "aws.cognito.signin.user.admin"]
  callback_urls                                 = ["myapp://signed-in", "http://localhost:3000/signed-in"]
  logout_urls                                   = ["https://c.example.com/"]
  default_redirect_uri                          = "myapp://signed-in"

  # The server returns the block although rotation is off, so it must stay.
  refresh_token_rotation {
    feature                    = "DISABLED"
    retry_grace_period_seconds = 0
  }

  token_validity_units {
    access_token  = "minutes"
    id_token      = "minutes"
    refresh_token = "days"
  }
}

# A client without a secret: an import does not read whether a client has one.
resource "aws_cognito_user_pool_client" "public" {
  name                                 = "public"
  user_pool_id                         = aws_cognito_user_pool.people.id
  explicit_auth_flows                  = ["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_flows                  = ["code"]
  allowed_oauth_scopes                 = ["openid", "email"]
  callback_urls                        = ["myapp://signed-in", "https://a.example.com/"]
  default_redirect_uri                 = "myapp://signed-in"
  supported_identity_providers         = ["COGNITO"]
  read_attributes                      = ["email", "name"]
  write_attributes                     = ["name", "email"]
}

# The test has created these clients.
resource "aws_cognito_managed_user_pool_client" "prefix" {
  name_prefix           = "ElasticSearch-"
  user_pool_id          = aws_cognito_user_pool.people.id
  access_token_validity = 3
}

resource "aws_cognito_managed_user_pool_client" "pattern" {
  name_pattern           = "^Amazon.*-search$"
  user_pool_id           = aws_cognito_user_pool.people.id
  explicit_auth_flows    = ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
  read_attributes        = ["email"]
  refresh_token_validity = 7
}

data "aws_cognito_user_pool" "people" {
  user_pool_id = aws_cognito_user_pool.people.id
}

data "aws_cognito_user_pools" "people" {
  name       = "people"
  depends_on = [aws_cognito_user_pool.people]
}

data "aws_cognito_user_pool_client" "full" {
  client_id    = aws_cognito_user_pool_client.full.id
  user_pool_id = aws_cognito_user_pool.people.id
}

data "aws_cognito_user_pool_clients" "all" {
  user_pool_id = aws_cognito_user_pool.people.id
  depends_on   = [aws_cognito_user_pool_client.full, aws_cognito_user_pool_client.public]
}

data "aws_cognito_user_pool_signing_certificate" "people" {
  user_pool_id = aws_cognito_user_pool.people.id
}

# The test compares the outputs.
output "read" {
  value = {
    pool        = data.aws_cognito_user_pool.people.lambda_config[0].pre_sign_up
    listed      = contains(data.aws_cognito_user_pools.people.ids, aws_cognito_user_pool.people.id)
    client      = data.aws_cognito_user_pool_client.full.name
    same_secret = nonsensitive(data.aws_cognito_user_pool_client.full.client_secret == aws_cognito_user_pool_client.full.client_secret)
    clients     = sort(data.aws_cognito_user_pool_clients.all.client_names)
    certificate = length(data.aws_cognito_user_pool_signing_certificate.people.certificate) > 500
  }
}

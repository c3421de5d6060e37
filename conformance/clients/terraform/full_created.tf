# A pool and an app client with all arguments, app clients that the test has created, and data sources. full_updated.tf has the
# same resources with changes.

resource "aws_cognito_user_pool" "people" {
  name                       = "people"
  user_pool_tier             = "PLUS"
  deletion_protection        = "ACTIVE"
  alias_attributes           = ["email", "phone_number", "preferred_username"]
  auto_verified_attributes   = ["email", "phone_number"]
  mfa_configuration          = "OPTIONAL"
  sms_authentication_message = "Sign in with {####}."
  sms_verification_message   = "Your code is {####}."
  email_verification_message = "Your code is {####}."
  email_verification_subject = "Your code"

  tags = {
    team = "a"
  }

  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = 2
    }
    recovery_mechanism {
      name     = "verified_phone_number"
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
    configuration_set      = "messages"
    email_sending_account  = "DEVELOPER"
    source_arn             = "arn:aws:ses:us-east-1:123456789012:identity/example.com"
    from_email_address     = "People <people@example.com>"
    reply_to_email_address = "help@example.com"
  }

  email_mfa_configuration {
    message = "Sign in with {####}."
    subject = "Sign in"
  }

  lambda_config {
    create_auth_challenge          = "arn:aws:lambda:us-east-1:123456789012:function:create"
    custom_message                 = "arn:aws:lambda:us-east-1:123456789012:function:message"
    define_auth_challenge          = "arn:aws:lambda:us-east-1:123456789012:function:define"
    kms_key_id                     = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-4000-8000-000000000000"
    post_authentication            = "arn:aws:lambda:us-east-1:123456789012:function:signed-in"
    post_confirmation              = "arn:aws:lambda:us-east-1:123456789012:function:confirmed"
    pre_authentication             = "arn:aws:lambda:us-east-1:123456789012:function:signing-in"
    pre_sign_up                    = "arn:aws:lambda:us-east-1:123456789012:function:signing-up"
    user_migration                 = "arn:aws:lambda:us-east-1:123456789012:function:migrate"
    verify_auth_challenge_response = "arn:aws:lambda:us-east-1:123456789012:function:verify"

    custom_email_sender {
      lambda_arn     = "arn:aws:lambda:us-east-1:123456789012:function:email"
      lambda_version = "V1_0"
    }
    custom_sms_sender {
      lambda_arn     = "arn:aws:lambda:us-east-1:123456789012:function:sms"
      lambda_version = "V1_0"
    }
    pre_token_generation_config {
      lambda_arn     = "arn:aws:lambda:us-east-1:123456789012:function:claims"
      lambda_version = "V2_0"
    }
  }

  password_policy {
    minimum_length                   = 12
    password_history_size            = 3
    require_lowercase                = true
    require_numbers                  = true
    require_symbols                  = true
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

  sms_configuration {
    external_id    = "people"
    sns_caller_arn = "arn:aws:iam::123456789012:role/sms"
    sns_region     = "us-east-1"
  }

  software_token_mfa_configuration {
    enabled = true
  }

  user_attribute_update_settings {
    attributes_require_verification_before_update = ["email", "phone_number"]
  }

  user_pool_add_ons {
    advanced_security_mode = "AUDIT"
    advanced_security_additional_flows {
      custom_auth_mode = "AUDIT"
    }
  }

  username_configuration {
    case_sensitive = false
  }

  verification_message_template {
    default_email_option  = "CONFIRM_WITH_LINK"
    email_message_by_link = "Please {##confirm##}."
    email_subject_by_link = "Please confirm"
  }
}

resource "aws_cognito_user_pool_client" "full" {
  name                                          = "full"
  user_pool_id                                  = aws_cognito_user_pool.people.id
  generate_secret                               = true
  access_token_validity                         = 10
  id_token_validity                             = 30
  refresh_token_validity                        = 12
  auth_session_validity                         = 5
  explicit_auth_flows                           = ["ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_CUSTOM_AUTH"]
  prevent_user_existence_errors                 = "ENABLED"
  enable_token_revocation                       = true
  enable_propagate_additional_user_context_data = true
  read_attributes                               = ["email", "email_verified", "custom:tenant", "name"]
  write_attributes                              = ["name", "email", "custom:tenant"]
  supported_identity_providers                  = ["COGNITO"]
  allowed_oauth_flows_user_pool_client          = true
  allowed_oauth_flows                           = ["implicit", "code"]
  allowed_oauth_scopes                          = ["openid", "email", "profile", "phone", "aws.cognito.signin.user.admin"]
  callback_urls                                 = ["https://b.example.com/signed-in", "https://a.example.com/signed-in"]
  logout_urls                                   = ["https://b.example.com/", "https://a.example.com/"]
  default_redirect_uri                          = "https://b.example.com/signed-in"

  analytics_configuration {
    application_arn  = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/0123456789abcdef0123456789abcdef"
    user_data_shared = true
  }

  refresh_token_rotation {
    feature                    = "ENABLED"
    retry_grace_period_seconds = 10
  }

  token_validity_units {
    access_token  = "minutes"
    id_token      = "minutes"
    refresh_token = "hours"
  }
}

# A client without a secret: an import does not read whether a client has one.
resource "aws_cognito_user_pool_client" "public" {
  name                                 = "public"
  user_pool_id                         = aws_cognito_user_pool.people.id
  explicit_auth_flows                  = ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_flows                  = ["code"]
  allowed_oauth_scopes                 = ["openid", "email"]
  callback_urls                        = ["https://b.example.com/", "https://a.example.com/"]
  supported_identity_providers         = ["COGNITO"]
  read_attributes                      = ["email", "name"]
  write_attributes                     = ["name", "email"]
}

# The test has created these clients. The first one leaves all arguments to the server.
resource "aws_cognito_managed_user_pool_client" "prefix" {
  name_prefix  = "ElasticSearch-"
  user_pool_id = aws_cognito_user_pool.people.id
}

resource "aws_cognito_managed_user_pool_client" "pattern" {
  name_pattern           = "^Amazon.*-search$"
  user_pool_id           = aws_cognito_user_pool.people.id
  explicit_auth_flows    = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
  read_attributes        = ["name", "email"]
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
    pool        = data.aws_cognito_user_pool.people.lambda_config[0].custom_sms_sender[0].lambda_arn
    listed      = contains(data.aws_cognito_user_pools.people.ids, aws_cognito_user_pool.people.id)
    client      = data.aws_cognito_user_pool_client.full.name
    same_secret = nonsensitive(data.aws_cognito_user_pool_client.full.client_secret == aws_cognito_user_pool_client.full.client_secret)
    clients     = sort(data.aws_cognito_user_pool_clients.all.client_names)
    certificate = length(data.aws_cognito_user_pool_signing_certificate.people.certificate) > 500
  }
}

# The identity providers of providers_created.tf, with changes.

variable "remote" {
  description = "Address of a server with a SAML metadata document at /metadata and a discovery document."
  type        = string
}

resource "aws_cognito_user_pool" "people" {
  name = "people"
}

resource "aws_cognito_identity_provider" "google" {
  user_pool_id  = aws_cognito_user_pool.people.id
  provider_name = "Google"
  provider_type = "Google"

  provider_details = {
    client_id                     = "id"
    client_secret                 = "secret"
    authorize_scopes              = "openid email profile"
    attributes_url                = "https://people.googleapis.com/v1/people/me?personFields="
    attributes_url_add_attributes = "true"
    authorize_url                 = "https://accounts.google.com/o/oauth2/v2/auth"
    oidc_issuer                   = "https://accounts.google.com"
    token_request_method          = "POST"
    token_url                     = "https://www.googleapis.com/oauth2/v4/token"
  }

  attribute_mapping = {
    name     = "names"
    username = "sub"
  }
}

resource "aws_cognito_identity_provider" "facebook" {
  user_pool_id  = aws_cognito_user_pool.people.id
  provider_name = "Facebook"
  provider_type = "Facebook"

  provider_details = {
    client_id                     = "id"
    client_secret                 = "secret"
    authorize_scopes              = "public_profile"
    api_version                   = "v22.0"
    attributes_url                = "https://graph.facebook.com/v22.0/me?fields="
    attributes_url_add_attributes = "true"
    authorize_url                 = "https://www.facebook.com/v22.0/dialog/oauth"
    token_request_method          = "GET"
    token_url                     = "https://graph.facebook.com/v22.0/oauth/access_token"
  }
}

resource "aws_cognito_identity_provider" "amazon" {
  user_pool_id  = aws_cognito_user_pool.people.id
  provider_name = "LoginWithAmazon"
  provider_type = "LoginWithAmazon"

  provider_details = {
    client_id                     = "id"
    client_secret                 = "another secret"
    authorize_scopes              = "profile postal_code"
    attributes_url                = "https://api.amazon.com/user/profile"
    attributes_url_add_attributes = "false"
    authorize_url                 = "https://www.amazon.com/ap/oa"
    token_request_method          = "POST"
    token_url                     = "https://api.amazon.com/auth/o2/token"
  }
}

resource "aws_cognito_identity_provider" "apple" {
  user_pool_id  = aws_cognito_user_pool.people.id
  provider_name = "SignInWithApple"
  provider_type = "SignInWithApple"

  provider_details = {
    client_id                     = "id"
    team_id                       = "team"
    key_id                        = "key"
    private_key                   = "private"
    authorize_scopes              = "email name"
    attributes_url_add_attributes = "false"
    authorize_url                 = "https://appleid.apple.com/auth/authorize"
    oidc_issuer                   = "https://appleid.apple.com"
    token_request_method          = "POST"
    token_url                     = "https://appleid.apple.com/auth/token"
  }

  lifecycle {
    ignore_changes = [provider_details["private_key"]]
  }
}

# The server reads the discovery document.
resource "aws_cognito_identity_provider" "oidc" {
  user_pool_id    = aws_cognito_user_pool.people.id
  provider_name   = "oidc"
  provider_type   = "OIDC"
  idp_identifiers = ["b.example.com", "z.example.com"]

  provider_details = {
    client_id                     = "id"
    client_secret                 = "secret"
    authorize_scopes              = "openid"
    attributes_request_method     = "POST"
    attributes_url_add_attributes = "false"
    oidc_issuer                   = var.remote
  }
}

resource "aws_cognito_identity_provider" "saml_file" {
  user_pool_id  = aws_cognito_user_pool.people.id
  provider_name = "saml-file"
  provider_type = "SAML"

  provider_details = {
    EncryptedResponses    = "false"
    MetadataFile          = file("saml_metadata.xml")
    SSORedirectBindingURI = "https://idp.example.com/sso"
    SLORedirectBindingURI = "https://idp.example.com/slo"
  }

  lifecycle {
    ignore_changes = [provider_details["ActiveEncryptionCertificate"]]
  }
}

resource "aws_cognito_identity_provider" "saml_url" {
  user_pool_id  = aws_cognito_user_pool.people.id
  provider_name = "saml-url"
  provider_type = "SAML"

  provider_details = {
    MetadataURL           = "${var.remote}/metadata"
    IDPSignout            = "true"
    SSORedirectBindingURI = "https://idp.example.com/sso"
    SLORedirectBindingURI = "https://idp.example.com/slo"
  }

  attribute_mapping = {
    email = "emailaddress"
    name  = "displayname"
  }

  lifecycle {
    ignore_changes = [provider_details["ActiveEncryptionCertificate"]]
  }
}

resource "aws_cognito_user_pool_client" "app" {
  name         = "app"
  user_pool_id = aws_cognito_user_pool.people.id
  supported_identity_providers = [
    "COGNITO",
    aws_cognito_identity_provider.google.provider_name,
    aws_cognito_identity_provider.saml_file.provider_name,
    aws_cognito_identity_provider.saml_url.provider_name,
  ]
}

data "aws_cognito_user_pool_signing_certificate" "people" {
  user_pool_id = aws_cognito_user_pool.people.id
}

# Groups, their users and resource servers to create. groups_updated.tf has the same resources with changes.

resource "aws_cognito_user_pool" "people" {
  name             = "people"
  alias_attributes = ["email"]
}

resource "aws_cognito_user_group" "bare" {
  name         = "bare"
  user_pool_id = aws_cognito_user_pool.people.id
}

resource "aws_cognito_user_group" "zero" {
  name         = "zero"
  user_pool_id = aws_cognito_user_pool.people.id
  description  = "goes first"
  precedence   = 0
  role_arn     = "arn:aws:iam::123456789012:role/first"
}

resource "aws_cognito_user_group" "changing" {
  name         = "changing"
  user_pool_id = aws_cognito_user_pool.people.id
  description  = "has a description"
}

resource "aws_cognito_user" "ann" {
  user_pool_id   = aws_cognito_user_pool.people.id
  username       = "ann"
  message_action = "SUPPRESS"
  attributes = {
    email          = "ann@example.com"
    email_verified = true
  }
}

resource "aws_cognito_user_in_group" "name" {
  user_pool_id = aws_cognito_user_pool.people.id
  group_name   = aws_cognito_user_group.zero.name
  username     = aws_cognito_user.ann.username
}

resource "aws_cognito_user_in_group" "email" {
  user_pool_id = aws_cognito_user_pool.people.id
  group_name   = aws_cognito_user_group.bare.name
  username     = aws_cognito_user.ann.attributes["email"]
}

resource "aws_cognito_user_in_group" "sub" {
  user_pool_id = aws_cognito_user_pool.people.id
  group_name   = aws_cognito_user_group.changing.name
  username     = aws_cognito_user.ann.sub
}

resource "aws_cognito_resource_server" "bare" {
  identifier   = "bare"
  name         = "bare"
  user_pool_id = aws_cognito_user_pool.people.id
}

resource "aws_cognito_resource_server" "growing" {
  identifier   = "https://api.example.com/v1"
  name         = "an API"
  user_pool_id = aws_cognito_user_pool.people.id

  scope {
    scope_name        = "write"
    scope_description = "may write"
  }

  scope {
    scope_name        = "read"
    scope_description = "may read"
  }
}

resource "aws_cognito_user_pool_client" "machine" {
  name                                 = "machine"
  user_pool_id                         = aws_cognito_user_pool.people.id
  generate_secret                      = true
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_flows                  = ["client_credentials"]
  allowed_oauth_scopes                 = ["https://api.example.com/v1/read"]
  depends_on                           = [aws_cognito_resource_server.growing]
}

data "aws_cognito_user_group" "zero" {
  name         = aws_cognito_user_group.zero.name
  user_pool_id = aws_cognito_user_pool.people.id
}

data "aws_cognito_user_groups" "all" {
  user_pool_id = aws_cognito_user_pool.people.id
  depends_on   = [aws_cognito_user_group.bare, aws_cognito_user_group.zero, aws_cognito_user_group.changing]
}

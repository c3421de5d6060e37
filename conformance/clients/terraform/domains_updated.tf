# Domains and the looks of the hosted UI to change.

resource "aws_cognito_user_pool" "people" {
  name = "people"
}

resource "aws_cognito_user_pool_client" "shop" {
  name         = "shop"
  user_pool_id = aws_cognito_user_pool.people.id
}

resource "aws_cognito_user_pool_domain" "prefix" {
  domain                = "terraform-people"
  user_pool_id          = aws_cognito_user_pool.people.id
  managed_login_version = 2
}

resource "aws_cognito_user_pool_domain" "custom" {
  domain          = "login.terraform.example.com"
  certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/2f2e3d4c-0000-4000-8000-000000000000"
  user_pool_id    = aws_cognito_user_pool.people.id
}

resource "aws_cognito_user_pool_ui_customization" "all" {
  css          = ".label-customizable { font-weight: 700; }"
  user_pool_id = aws_cognito_user_pool_domain.prefix.user_pool_id
}

resource "aws_cognito_user_pool_ui_customization" "shop" {
  client_id    = aws_cognito_user_pool_client.shop.id
  css          = ".banner-customizable { background-color: #337ab7; }"
  user_pool_id = aws_cognito_user_pool_domain.prefix.user_pool_id
}

# Domains and the looks of the hosted UI to create. domains_updated.tf has the same resources with changes.

resource "aws_cognito_user_pool" "people" {
  name = "people"
}

resource "aws_cognito_user_pool_client" "shop" {
  name         = "shop"
  user_pool_id = aws_cognito_user_pool.people.id
}

resource "aws_cognito_user_pool_domain" "prefix" {
  domain       = "terraform-people"
  user_pool_id = aws_cognito_user_pool.people.id
}

resource "aws_cognito_user_pool_domain" "custom" {
  domain          = "login.terraform.example.com"
  certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/1f2e3d4c-0000-4000-8000-000000000000"
  user_pool_id    = aws_cognito_user_pool.people.id
}

resource "aws_cognito_user_pool_ui_customization" "all" {
  css          = ".label-customizable { font-weight: 400; }"
  user_pool_id = aws_cognito_user_pool_domain.prefix.user_pool_id
}

resource "aws_cognito_user_pool_ui_customization" "shop" {
  client_id    = aws_cognito_user_pool_client.shop.id
  css          = ".banner-customizable { background-color: #337ab7; }"
  image_file   = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGMwrtoORAwQCgAk7gWRGKgKywAAAABJRU5ErkJggg==" # a PNG of four pixels
  user_pool_id = aws_cognito_user_pool_domain.prefix.user_pool_id
}

# The resources of risk_created.tf with changes.

resource "aws_cognito_user_pool" "people" {
  name           = "people"
  user_pool_tier = "PLUS"

  user_pool_add_ons {
    advanced_security_mode = "ENFORCED"
  }
}

resource "aws_cognito_user_pool_client" "app" {
  name         = "app"
  user_pool_id = aws_cognito_user_pool.people.id
}

resource "aws_cognito_risk_configuration" "pool" {
  user_pool_id = aws_cognito_user_pool.people.id

  account_takeover_risk_configuration {
    notify_configuration {
      source_arn = "arn:aws:ses:us-east-1:123456789012:identity/example.com"
    }

    actions {
      medium_action {
        event_action = "MFA_IF_CONFIGURED"
        notify       = false
      }
    }
  }

  compromised_credentials_risk_configuration {
    actions {
      event_action = "NO_ACTION"
    }
  }
}

resource "aws_cognito_risk_configuration" "client" {
  user_pool_id = aws_cognito_user_pool.people.id
  client_id    = aws_cognito_user_pool_client.app.id

  risk_exception_configuration {
    skipped_ip_range_list = ["198.51.100.0/24"]
  }
}

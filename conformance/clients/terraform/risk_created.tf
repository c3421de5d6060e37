# Risk configurations to create, of a pool and of an app client. risk_updated.tf has the same resources with changes.

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
      from       = "security@example.com"
      source_arn = "arn:aws:ses:us-east-1:123456789012:identity/example.com"

      block_email {
        subject   = "Blocked"
        html_body = "<p>We blocked a sign-in.</p>"
        text_body = "We blocked a sign-in."
      }
    }

    actions {
      low_action {
        event_action = "NO_ACTION"
        notify       = false
      }
      high_action {
        event_action = "BLOCK"
        notify       = true
      }
    }
  }

  compromised_credentials_risk_configuration {
    event_filter = ["SIGN_IN"]
    actions {
      event_action = "BLOCK"
    }
  }
}

resource "aws_cognito_risk_configuration" "client" {
  user_pool_id = aws_cognito_user_pool.people.id
  client_id    = aws_cognito_user_pool_client.app.id

  risk_exception_configuration {
    blocked_ip_range_list = ["10.10.10.10/32"]
    skipped_ip_range_list = ["192.0.2.0/24", "2001:db8::/32"]
  }
}

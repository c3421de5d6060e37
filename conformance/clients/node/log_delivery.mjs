// The calls with which Terraform's aws_cognito_log_delivery_configuration (AWS provider 6) creates, reads, changes, imports and
// deletes the log delivery of a user pool. Each read must return exactly what was set, or a plan would not be empty.

import assert from "node:assert/strict";
import { admin } from "./connection.mjs";

const arn = (service, resource) => `arn:aws:${service}:us-east-1:123456789012:${resource}`;
const toGroup = {
  EventSource: "userNotification",
  LogLevel: "ERROR",
  CloudWatchLogsConfiguration: { LogGroupArn: arn("logs", "log-group:/cognito/people") },
};
const events = (destination) => ({ EventSource: "userAuthEvents", LogLevel: "INFO", ...destination });
const toStream = events({ FirehoseConfiguration: { StreamArn: arn("firehose", "deliverystream/people") } });
const toBucket = events({ S3Configuration: { BucketArn: "arn:aws:s3:::people-logs" } });

const { UserPool } = await admin.createUserPool({ PoolName: "log delivery", UserPoolTier: "PLUS" });
const UserPoolId = UserPool.Id;
const read = async () => {
  const { LogDeliveryConfiguration } = await admin.getLogDeliveryConfiguration({ UserPoolId });
  assert.equal(LogDeliveryConfiguration.UserPoolId, UserPoolId);
  return LogDeliveryConfiguration.LogConfigurations;
};
const set = async (LogConfigurations) => {
  const { LogDeliveryConfiguration } = await admin.setLogDeliveryConfiguration({ UserPoolId, LogConfigurations });
  assert.deepEqual(LogDeliveryConfiguration, { UserPoolId, LogConfigurations });
  assert.deepEqual(await read(), LogConfigurations);
};

try {
  assert.deepEqual(await read(), [], "before the creation");
  await set([toGroup]); // create
  await set([toGroup, toStream]); // update in place
  await set([toBucket]);
  await assert.rejects(admin.setLogDeliveryConfiguration({ UserPoolId, LogConfigurations: [toBucket, toStream] }), {
    name: "InvalidParameterException",
  });
  assert.deepEqual(await read(), [toBucket], "after a refusal");
  await set([]); // delete
} finally {
  await admin.deleteUserPool({ UserPoolId });
}
await assert.rejects(admin.getLogDeliveryConfiguration({ UserPoolId }), { name: "ResourceNotFoundException" });
console.log("ok");

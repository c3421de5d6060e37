// A function of a custom email sender, as for Cognito: it decrypts the code of an event with the AWS Encryption SDK. It reads
// the event from standard input, and prints the code instead of sending it.
//
// KEY_ALIAS and KEY_ARN name a KMS key. Without them, RAW_KEY is the operator's key in base64, and RAW_KEY_NAME its name.
// POLICY is the commitment policy; the default is that of the SDK.

import assert from "node:assert/strict";
import { text } from "node:stream/consumers";
import {
  buildClient,
  CommitmentPolicy,
  KmsKeyringNode,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
} from "@aws-crypto/client-node";

const { KEY_ALIAS, KEY_ARN, RAW_KEY, RAW_KEY_NAME, POLICY } = process.env;
const { decrypt } = buildClient(POLICY && CommitmentPolicy[POLICY]);
const keyring = KEY_ARN
  ? new KmsKeyringNode({ generatorKeyId: KEY_ALIAS, keyIds: [KEY_ARN] })
  : new RawAesKeyringNode({
      keyNamespace: "cognate",
      keyName: RAW_KEY_NAME,
      unencryptedMasterKey: Uint8Array.from(Buffer.from(RAW_KEY, "base64")),
      wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
    });

async function handler(event) {
  const { plaintext, messageHeader } = await decrypt(keyring, Buffer.from(event.request.code, "base64"));
  assert.equal(messageHeader.encryptionContext["userpool-id"], event.userPoolId);
  return plaintext.toString();
}

console.log(await handler(JSON.parse(await text(process.stdin))));

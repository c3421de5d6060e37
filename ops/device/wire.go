package device

import (
	"cognate"
	"cognate/api"
)

// sdk is the value of dev:device_sdk of every device.
// Assumed: a client that does not name its SDK is shown with this value.
const sdk = "aws-sdk-unknown-unknown"

// toWire returns a device with all its attributes (docs/behaviour.md §1.10).
func toWire(pool *cognate.UserPool, user *cognate.User, d *cognate.Device) *api.DeviceType {
	status := api.DeviceRememberedStatusTypeNotRemembered
	if d.Remembered {
		status = api.DeviceRememberedStatusTypeRemembered
	}
	owner := user.Username + "." + pool.ID
	arn := "arn:aws:cognito-idp:" + pool.Region() + ":" + pool.AccountID + ":owner/" + owner + "/device/" + d.Key
	return newWire(d, []api.AttributeType{
		{Name: "device_status", Value: "valid"},
		{Name: "device_name", Value: d.Name},
		{Name: "dev:device_arn", Value: arn},
		{Name: "dev:device_owner", Value: owner},
		{Name: "last_ip_used", Value: d.LastIP},
		{Name: "dev:device_remembered_status", Value: string(status)},
		{Name: "dev:device_sdk", Value: sdk},
	})
}

// listedToWire returns a device as in ListDevices, without the developer-only attributes.
// Source: AWS CLI reference, the output of list-devices, which differs from that of get-device.
func listedToWire(d *cognate.Device) *api.DeviceType {
	return newWire(d, []api.AttributeType{
		{Name: "device_status", Value: "valid"},
		{Name: "device_name", Value: d.Name},
		{Name: "last_ip_used", Value: d.LastIP},
	})
}

// newWire returns a device with the attributes that have a value.
func newWire(d *cognate.Device, attributes []api.AttributeType) *api.DeviceType {
	known := make([]api.AttributeType, 0, len(attributes))
	for _, a := range attributes {
		if a.Value != "" {
			known = append(known, a)
		}
	}
	return &api.DeviceType{
		DeviceKey: d.Key, DeviceAttributes: known, DeviceCreateDate: api.EpochOf(d.Created),
		DeviceLastModifiedDate: api.EpochOf(d.Modified), DeviceLastAuthenticatedDate: api.EpochOf(d.Authenticated),
	}
}

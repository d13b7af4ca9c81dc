#!/bin/sh
# The secret-service driver against a real keyring: a private D-Bus session,
# gnome-keyring unlocked, secret-tool as a stranger who looks things up.
cd "$(dirname "$0")/../.." || exit 1
bin=$(dirname "${DRIVE:-build/asan/tests/e2e/drive}")/../unit/test_drv_secret_service
CMOCKA_MESSAGE_OUTPUT=TAP "$bin" outer
rc=$?
[ $rc -ne 77 ] || echo "Bail out! gnome-keyring-daemon, secret-tool or dbus-send is missing"
exit $rc

#!/bin/bash
# init.sh NAME DIR: process 1 of a host of hosts.t, in namespaces of its own.
# What a host has for itself is in DIR/NAME, and stands at DIR/own: so one
# configuration fits all of them. Says its number in the cloud when it is up.
set -e
read -r pid _ </proc/self/stat # that is still the cloud's /proc
mount -t proc proc /proc
hostname "$1"
cat /proc/sys/kernel/random/uuid >"$2/$1/boot_id"
mount --bind "$2/$1/boot_id" /proc/sys/kernel/random/boot_id
mount --bind "$2/$1" "$2/own"
echo "$pid" >"$2/$1.up"
exec sleep infinity

#!/bin/sh
exec "$(dirname "$0")/million.sh" 4

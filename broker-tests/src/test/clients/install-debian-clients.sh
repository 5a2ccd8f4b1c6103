#!/bin/sh
# Installs the clients that come as Debian packages and that the tests of broker-tests judge with: needs root and a network.
set -eu
echo "installing the Debian packages kcat and python3-confluent-kafka (librdkafka)"
apt-get update -qq
apt-get install -y -qq --no-install-recommends kcat python3-confluent-kafka
echo "installed:"
dpkg-query -W kcat python3-confluent-kafka librdkafka1

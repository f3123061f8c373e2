#!/bin/sh
# Builds everything; any argument is dotnet's.
exec dotnet build Engine.sln -c Release "$@"

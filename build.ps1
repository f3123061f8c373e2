# Builds everything; any argument is dotnet's.
dotnet build Engine.sln -c Release @args
exit $LASTEXITCODE

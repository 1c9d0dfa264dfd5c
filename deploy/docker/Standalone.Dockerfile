# Everything in one process, with its data in files. Built from the top folder of the repository, and run for a first try:
#
#   docker build -f deploy/docker/Standalone.Dockerfile -t loopwave:1.0.0 .
#   docker run -p 127.0.0.1:4000:4000 -v loopwave:/var/lib/loopwave --stop-timeout 40 loopwave:1.0.0
#
# The base images are named by their release line, so that a new build takes in their security updates. A build that is to
# come out the same every time names digests instead: --build-arg DOTNET_SDK=mcr.microsoft.com/dotnet/sdk@sha256:...
ARG DOTNET_SDK=mcr.microsoft.com/dotnet/sdk:10.0-noble
ARG DOTNET_RUNTIME=mcr.microsoft.com/dotnet/aspnet:10.0-noble
ARG NODE=node:20.20.2-bookworm-slim

FROM ${NODE} AS node

FROM ${DOTNET_SDK} AS build
ENV DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules/npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
WORKDIR /source

# Packages first, from what names and locks them: these layers are built again only when that changes.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY src/Grains.Interfaces/Grains.Interfaces.csproj src/Grains.Interfaces/packages.lock.json src/Grains.Interfaces/
COPY src/Grains/Grains.csproj src/Grains/packages.lock.json src/Grains/
COPY src/Storage/Storage.csproj src/Storage/packages.lock.json src/Storage/
COPY src/Hosting/Hosting.csproj src/Hosting/packages.lock.json src/Hosting/
COPY src/Api/Api.csproj src/Api/packages.lock.json src/Api/
COPY src/Silo/Silo.csproj src/Silo/packages.lock.json src/Silo/
COPY src/Standalone/Standalone.csproj src/Standalone/packages.lock.json src/Standalone/
COPY src/Engine/EngineHost.targets src/Engine/package.json src/Engine/package-lock.json src/Engine/.npmrc src/Engine/
RUN dotnet restore src/Standalone --locked-mode --use-current-runtime -p:PublishReadyToRun=true
RUN dotnet msbuild src/Standalone -target:InstallEnginePackages -verbosity:minimal

COPY .editorconfig BannedSymbols.txt ./
COPY src src
# Compiled beforehand: a process that has just started does its work with code that it need not compile first (docs/decisions/0021).
RUN dotnet publish src/Standalone --no-restore --use-current-runtime --no-self-contained -p:PublishReadyToRun=true --configuration Release --output /app -p:UseAppHost=false

FROM ${DOTNET_RUNTIME}
# .NET as process 1 could not end by a signal of its own, as after a fault of the runtime; tini hands signals in and exit codes out.
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY deploy/docker/healthy /usr/local/bin/healthy
RUN install --directory --owner=1654 --group=1654 --mode=700 /var/lib/loopwave
WORKDIR /app
COPY LICENSE NOTICE ./
COPY --from=build /app ./

# How much is allocated between two collections of young objects: as much as an ordinary processor's cache holds. Where a virtual machine
# hides its caches .NET collects after each 4 MB, which costs a silo a tenth of its processor time, an API node a quarter (bench/results.md).
ENV DOTNET_GCgen0size=0x2000000
ENV PORT=4000 BIND_ADDRESS=* DATA_DIR=/var/lib/loopwave
EXPOSE 4000
VOLUME /var/lib/loopwave
USER 1654:1654
HEALTHCHECK --interval=10s --timeout=10s --start-period=30s --retries=3 CMD ["healthy", "/api/health"]
ENTRYPOINT ["tini", "--", "dotnet", "Loopwave.Standalone.dll"]

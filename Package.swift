// swift-tools-version: 6.3

import PackageDescription

// One line a module, lowest first: a module may depend on those above it only.
let package = Package(
  name: "postern",
  products: [
    .executable(name: "posternd", targets: ["posternd"]),
    .executable(name: "postern", targets: ["postern"]),
    .library(name: "PosternClient", targets: ["Messages", "PosternClient"]),
  ],
  targets: [
    // System libraries and C: no logic, but a checksum.
    .systemLibrary(name: "CProtobufC", pkgConfig: "libprotobuf-c"),
    .systemLibrary(name: "CNghttp2", pkgConfig: "libnghttp2"),
    .systemLibrary(name: "CLMDB", pkgConfig: "lmdb"),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto"),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib"),
    .target(name: "CLinux"),
    .target(name: "CPQ"),
    .target(name: "CSync"),
    .target(name: "CChecksum"),
    .target(name: "CEpochs"),
    .target(name: "CWipingHeap"),
    .target(name: "CMessages", dependencies: ["CProtobufC"], publicHeadersPath: "."),
    .target(name: "CPluginMessages", dependencies: ["CProtobufC"], publicHeadersPath: "."),
    // The operating system.
    .target(name: "Platform", dependencies: ["CChecksum", "CLinux"]),
    .target(name: "EventLoop", dependencies: ["CLinux", "Platform"]),
    // What clients keep answers by: shared memory.
    .target(name: "EpochPage", dependencies: ["CEpochs", "Platform"]),
    // The wire.
    .target(name: "Messages", dependencies: ["CMessages", "CProtobufC"], exclude: ["proto"]),
    .target(name: "RPC", dependencies: ["Messages"]),
    .target(name: "Metrics", dependencies: ["Platform", "RPC"]),
    .target(name: "TTRPC", dependencies: ["Messages", "RPC"]),
    .target(name: "GRPC", dependencies: ["CNghttp2", "Messages", "RPC"]),
    .target(name: "HTTP1", dependencies: ["Messages", "RPC"]),
    // The domain: pure Swift.
    .target(name: "Tokens"),
    .target(name: "Identifiers"),
    .target(name: "JSON5"),
    .target(name: "Permissions", dependencies: ["Identifiers", "JSON5"]),
    // A fleet's member, which knows no database.
    .target(name: "Fleet"),
    // What a member follows: a database. Only this knows libpq, which is loaded when it is needed.
    .target(
      name: "FleetStore", dependencies: ["CCrypto", "CPQ", "EventLoop", "Fleet", "Platform"]),
    // The daemon.
    .target(
      name: "Ledger",
      dependencies: [
        "CCrypto", "CLMDB", "CLinux", "CSync", "EpochPage", "Fleet", "Identifiers", "Messages",
        "Permissions", "Platform", "Tokens",
      ]
    ),
    .target(
      name: "Services",
      dependencies: [
        "EpochPage", "Fleet", "Identifiers", "JSON5", "Ledger", "Messages", "Metrics",
        "Permissions", "Platform", "RPC", "Tokens",
      ],
      exclude: ["Reflection/proto"]
    ),
    .target(
      name: "Server",
      dependencies: [
        "EpochPage", "EventLoop", "Fleet", "FleetStore", "GRPC", "HTTP1", "JSON5", "Ledger",
        "Messages", "Metrics", "Permissions", "Platform", "RPC", "Services", "TTRPC", "Tokens",
      ]
    ),
    .executableTarget(name: "posternd", dependencies: ["Server"], exclude: ["systemd"]),
    // The clients.
    .target(
      name: "PosternClient", dependencies: ["CEpochs", "Messages", "Platform", "RPC", "TTRPC"]),
    .executableTarget(
      name: "postern",
      dependencies: [
        "CWipingHeap", "CZlib", "EventLoop", "Fleet", "FleetStore", "JSON5", "Ledger", "Messages",
        "Permissions", "Platform", "PosternClient", "Tokens",
      ]),
    // Tools of the build.
    .executableTarget(
      name: "protoc-gen-postern", dependencies: ["CPluginMessages", "CProtobufC"],
      path: "Sources/Tools/protoc-gen-postern"),
    .target(
      name: "CKeptBench", dependencies: ["CEpochs"], path: "Sources/Tools/CKeptBench"),
    .executableTarget(
      name: "PosternBench",
      dependencies: [
        "CEpochs", "CKeptBench", "CLinux", "CNghttp2", "Messages", "Platform", "PosternClient",
      ],
      path: "Sources/Tools/PosternBench"),
    // What is fuzzed; also run by the tests, over the committed corpora.
    .target(
      name: "FuzzTargets",
      dependencies: [
        "GRPC", "HTTP1", "JSON5", "Messages", "Permissions", "RPC", "Server", "Services", "TTRPC",
        "Tokens",
      ],
      path: "Sources/Tools/Fuzz/FuzzTargets"),
    // Fixtures of the tests, once for all of them.
    .target(
      name: "TestSupport", dependencies: ["Platform", "PosternClient"], path: "Tests/TestSupport"),
    // Tests: one folder a module, then those across modules.
    .testTarget(name: "MessagesTests", dependencies: ["Messages", "TestSupport"]),
    .testTarget(name: "PlatformTests", dependencies: ["Platform", "TestSupport"]),
    .testTarget(
      name: "EventLoopTests", dependencies: ["EventLoop", "Platform", "TestSupport"]),
    .testTarget(
      name: "EpochPageTests",
      dependencies: ["CEpochs", "EpochPage", "Platform", "TestSupport"], exclude: ["owner.c"]),
    .testTarget(name: "MetricsTests", dependencies: ["Metrics"]),
    .testTarget(
      name: "TTRPCTests", dependencies: ["Messages", "RPC", "TTRPC", "TestSupport"]),
    .testTarget(name: "GRPCTests", dependencies: ["CNghttp2", "GRPC", "Messages", "RPC"]),
    .testTarget(
      name: "HTTP1Tests", dependencies: ["HTTP1", "Messages", "RPC", "Server", "TestSupport"]),
    .testTarget(name: "TokensTests", dependencies: ["TestSupport", "Tokens"]),
    .testTarget(name: "IdentifiersTests", dependencies: ["Identifiers"]),
    .testTarget(name: "JSON5Tests", dependencies: ["JSON5"]),
    .testTarget(
      name: "PermissionsTests",
      dependencies: ["Identifiers", "JSON5", "Permissions", "TestSupport"]),
    .testTarget(name: "FleetTests", dependencies: ["Fleet", "TestSupport"]),
    .testTarget(
      name: "FleetStoreTests",
      dependencies: ["CPQ", "EventLoop", "Fleet", "FleetStore", "Platform", "TestSupport"]),
    .testTarget(
      name: "LedgerTests",
      dependencies: [
        "EpochPage", "Fleet", "Identifiers", "Ledger", "Messages", "Platform", "TestSupport",
        "Tokens",
      ]),
    .testTarget(
      name: "ServicesTests",
      dependencies: [
        "Fleet", "Identifiers", "Ledger", "Messages", "Metrics", "Permissions", "Platform", "RPC",
        "Services", "TestSupport", "Tokens",
      ]),
    .testTarget(
      name: "ServerTests",
      dependencies: [
        "EventLoop", "Fleet", "Ledger", "Messages", "Metrics", "Platform", "RPC", "Server",
        "Services", "TestSupport", "Tokens", "postern",
      ]),
    // Through the socket, the signals and the output of the daemon that was built; `Server` has the
    // messages between two daemons.
    .testTarget(
      name: "DaemonTests",
      dependencies: [
        "CNghttp2", "Ledger", "Messages", "Permissions", "Platform", "PosternClient", "RPC",
        "Server", "Services", "TestSupport", "Tokens", "postern", "posternd",
      ]),
    .testTarget(
      name: "CommandLineTests",
      dependencies: [
        "Ledger", "Messages", "Platform", "PosternClient", "RPC", "TTRPC", "TestSupport",
        "Tokens", "postern", "posternd",
      ]),
    .testTarget(
      name: "FuzzTests", dependencies: ["FuzzTargets", "Messages", "RPC", "TTRPC", "Tokens"]),
    .testTarget(name: "PosternBenchTests", dependencies: ["PosternBench"]),
    .testTarget(name: "TidyTests", dependencies: ["protoc-gen-postern"]),
  ],
  cLanguageStandard: .gnu11
)

// Executables whose `main` is libFuzzer's: they link only with `--sanitize fuzzer`, see `.ci/fuzz`.
if Context.environment["POSTERN_FUZZ"] == "1" {
  for name in ["TTRPC", "GRPC", "HTTP1", "Messages", "Tokens", "Configuration", "Policy"] {
    package.targets.append(
      .executableTarget(
        name: "Fuzz" + name, dependencies: ["FuzzTargets"],
        path: "Sources/Tools/Fuzz/Fuzz" + name))
  }
}

// Every Swift module is compiled by the same rules.
for target in package.targets where ![.system, .plugin].contains(target.type) {
  target.swiftSettings = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableExperimentalFeature("Lifetimes"),
  ]
}

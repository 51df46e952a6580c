internal import Glibc
internal import TestSupport
internal import Testing

/// Every setting of a fleet that can't be used ends the start, and the error names it.
@Suite struct FleetSettingTests {
  private static let database = "host=/nonexistent dbname=postern"

  private func refusal(_ arguments: [String]) throws -> String {
    let daemon = try Daemon.start(arguments, in: TemporaryFolder())
    #expect(try daemon.wait() != .exited(0))
    return daemon.wholeOutput()
  }

  @Test(arguments: [
    ("fleet-poll", "9"), ("fleet-poll", "60001"), ("fleet-poll", "often"), ("fleet-host", ""),
    ("fleet-host", String(repeating: "h", count: 300)), ("fleet-key", ""),
    ("fleet-key", "/nonexistent/key"), ("fleet-format", "0"),
    ("fleet-format", "99"), ("fleet-format", "latest"), ("max-fleet-waits", "0"),
    ("max-fleet-waits", "many"), ("fleet", ""), ("fleet", "host=db password=hunter2"),
    ("fleet", "nonsense"), ("fleet", "service=missing"), ("fleet", "host=db sslmode=sometimes"),
    ("fleet", "host=db passfile=/nonexistent/pass"),
  ])
  func aBadValueIsNamed(_ setting: String, value: String) throws {
    let connection = setting == "fleet" ? [] : ["--fleet", Self.database]
    let words = try refusal(connection + ["--\(setting)", value])
    #expect(words.contains("--\(setting)"), "\(words)")
    #expect(!words.contains("hunter2"))
  }

  @Test func aKeyThatOthersMayReadIsNamed() throws {
    let folder = TemporaryFolder()
    let key = folder.write("key", String(repeating: "ab", count: 32))
    #expect(unsafe chmod(key, 0o644) == 0)
    let words = try refusal(["--fleet", Self.database, "--fleet-key", key])
    #expect(words.contains("--fleet-key") && words.contains(key), "\(words)")
    let short = folder.write("short", "abab")
    #expect(try refusal(["--fleet", Self.database, "--fleet-key", short]).contains("--fleet-key"))
  }

  @Test(arguments: [("fleet-poll", "50"), ("fleet-host", "a"), ("fleet-key", "/key")])
  func withoutAFleetItIsNoUse(_ setting: String, value: String) throws {
    let words = try refusal(["--\(setting)", value])
    #expect(words.contains("`--\(setting)` needs `--fleet` beside it"), "\(words)")
  }

  /// A first start needs the database, and says why it does not get it.
  @Test func aDatabaseThatIsAwayIsSaidToBe() throws {
    let words = try refusal(["--fleet", Self.database])
    #expect(words.contains("/nonexistent") && words.contains("does not answer"), "\(words)")
  }
}

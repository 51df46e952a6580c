@testable internal import FleetStore
internal import Glibc
internal import TestSupport
internal import Testing

/// How a daemon and a server authenticate each other: certificates made by the test, and passwords.
@Suite struct TrustTests {
  /// A server on the network of this machine, with a certificate of its own authority.
  private final class Town {
    let folder = "/tmp/postern-test-tls-\(getpid())-\(UInt32.random(in: 0...(.max)))"
    let server: PostgreSQL

    /// The certificate is for the name `certified`.
    init(certified: String = Town.name, isEncrypted: Bool = true) throws {
      try Self.run(Self.script, [folder, certified])
      let files = [
        "ssl_cert_file=\(folder)/server.crt", "ssl_key_file=\(folder)/server.key",
        "ssl=\(isEncrypted ? "on" : "off")", "hba_file=\(folder)/hba",
        "listen_addresses=127.0.0.1", "password_encryption=scram-sha-256",
      ]
      server = try PostgreSQL(settings: files, port: Int.random(in: 20_000...32_000))
    }

    deinit { try? Self.run("rm -rf \"$1\"", [folder]) }

    /// No machine has to know the name: the address of it is given. It is this machine's, but not
    /// one for which libpq's own default is kept.
    private static let name = "database.example"

    /// The outcome of a connection with these parameters.
    func connect(_ parameters: String) throws -> String {
      try TrustTests.connect(
        "host=\(Self.name) hostaddr=0.0.0.0 port=\(server.port) dbname=postgres user=postgres "
          + parameters)
    }

    static func run(_ script: String, _ arguments: [String]) throws {
      let process = try ChildProcess("/bin/sh", ["-ec", script, "sh"] + arguments)
      let ending = try process.wait()
      guard ending == .exited(0) else { throw FixtureError(process.wholeOutput()) }
    }

    /// Two authorities, of which the first has signed the server's certificate.
    private static let script = """
      mkdir -m 755 "$1"; cd "$1"
      key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2'
      for authority in ca other; do
        openssl req -x509 $key -keyout $authority.key -out $authority.crt -subj /CN=$authority
      done
      openssl req $key -keyout server.key -out server.csr -subj /CN=server
      echo "subjectAltName=DNS:$2" >names
      openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 \
        -extfile names -out server.crt
      chmod 600 server.key
      cat >hba <<END
      local all scram scram-sha-256
      local all all trust
      hostssl all all all trust
      hostnossl all all all trust
      END
      [ "$(id -u)" != 0 ] || chown postgres server.key hba
      """
  }

  /// Connects, and says `connected` or why not.
  private static func connect(_ string: String) throws -> String {
    let parameters = try ConnectionString(string).hosts()[0]
    switch ConnectAttempt.connect(parameters, limitNanoseconds: 15_000_000_000) {
    case .connected: return "connected"
    case .failed(let reason): return reason
    }
  }

  @Test func aServerIsTrustedByItsAuthorityAndName() throws {
    let town = try Town()
    #expect(try town.connect("sslrootcert=\(town.folder)/ca.crt") == "connected")
    let unknown = try town.connect("sslrootcert=\(town.folder)/other.crt")
    #expect(unknown.contains("certificate verify failed"), "\(unknown)")
    let missing = try town.connect("sslrootcert=\(town.folder)/none.crt")
    #expect(missing.contains("root certificate file"), "\(missing)")
    // With this setting any server is trusted.
    #expect(try town.connect("sslmode=require") == "connected")
  }

  @Test func anotherNameIsRefused() throws {
    let town = try Town(certified: "elsewhere.example")
    let refusal = try town.connect("sslrootcert=\(town.folder)/ca.crt")
    #expect(refusal.contains("elsewhere.example") && refusal.contains("does not match"))
    #expect(
      try town.connect("sslmode=verify-ca sslrootcert=\(town.folder)/ca.crt") == "connected")
  }

  @Test func nothingGoesOverANetworkInTheClearUnlessToldTo() throws {
    let town = try Town(isEncrypted: false)
    let refusal = try town.connect("sslrootcert=\(town.folder)/ca.crt")
    #expect(refusal.contains("server does not support SSL"), "\(refusal)")
    #expect(try town.connect("sslmode=disable") == "connected")
  }

  @Test func aPasswordComesFromItsFileAndIsNotRepeated() throws {
    let town = try Town()
    try town.server.execute("create role scram login password 'hunter2'")
    let folder = TemporaryFolder()
    func connect(_ password: String) throws -> String {
      let file = folder.write("pass", "*:*:*:scram:\(password)\n")
      return try Self.connect(
        town.server.string(database: "postgres", role: "scram") + " passfile=\(file)")
    }
    #expect(try connect("hunter2") == "connected")
    let wrong = try connect("hunter3")
    #expect(wrong.contains("password authentication failed for user \"scram\""), "\(wrong)")
    #expect(!wrong.contains("hunter"))
    let other = folder.write("other", "*:*:*:nobody:hunter2\n")
    let none = try Self.connect(
      town.server.string(database: "postgres", role: "scram") + " passfile=\(other)")
    #expect(none.contains("no password supplied"), "\(none)")
  }
}

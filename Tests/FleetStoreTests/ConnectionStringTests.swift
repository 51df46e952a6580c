@testable internal import FleetStore
internal import Glibc
internal import TestSupport
internal import Testing

/// How the operator's connection string is read.
@Suite struct ConnectionStringTests {
  @Test(arguments: [
    "host=db password=hunter2", "postgresql://me:hunter2@db/postern",
    "postgres://db?password=hunter2",
    "host=db sslpassword=hunter2", "host=db password = 'hunter2'", "host=db password=a hunter2",
    "postgresql://me:hunter2@db:port:1/x",
  ])
  func aPasswordIsRefusedAndNotRepeated(_ text: String) {
    let error = #expect(throws: FleetStoreError.self) { try ConnectionString(text) }
    #expect(error?.description.contains("hunter2") == false)
  }

  @Test(arguments: [
    ("nonsense", "nonsense"), ("hos=db", "hos"), ("host=db sslmode=sometimes", "sometimes"),
    ("service=missing", "missing"), ("host=a,b port=1,2,3", "3"),
  ])
  func aMistakeIsNamed(_ text: String, name: String) {
    let error = #expect(throws: FleetStoreError.self) { try ConnectionString(text) }
    #expect(error?.description.contains(name) == true, "\(error?.description ?? "")")
  }

  @Test(arguments: [
    ("host=db.example", "verify-full"), ("hostaddr=192.0.2.1", "verify-full"),
    ("host=db.example sslmode=prefer", "prefer"), ("host=db.example sslmode=disable", "disable"),
    ("host=localhost hostaddr=192.0.2.1", "verify-full"), ("host=127.0.0.1.example", "verify-full"),
    ("postgresql://db.example/x", "verify-full"), ("host=127.0.0.1", "prefer"),
    ("host=::1", "prefer"), ("host=localhost", "prefer"), ("host=/run/postgresql", "prefer"),
    ("host=@abstract", "prefer"), ("dbname=x", "prefer"),
  ])
  func theServerIsVerifiedUnlessItIsLocal(_ text: String, mode: String) throws {
    let parameters = try #require(try ConnectionString(text).hosts().first)
    #expect(parameters.first { $0.keyword == "sslmode" }?.value ?? "prefer" == mode)
  }

  @Test func eachHostHasItsOwn() throws {
    let hosts = try ConnectionString("host=a,/run,b hostaddr=192.0.2.1,,127.0.0.1 port=1,2,3")
      .hosts()
    let found = hosts.map { parameters in
      ["host", "hostaddr", "port", "sslmode", "target_session_attrs"].map { keyword in
        parameters.first { $0.keyword == keyword }?.value ?? "-"
      }
    }
    #expect(
      found == [
        ["a", "192.0.2.1", "1", "verify-full", "read-write"],
        ["/run", "-", "2", "-", "read-write"],
        ["b", "127.0.0.1", "3", "-", "read-write"],
      ])
  }

  @Test func aPasswordFileIsThereAndPrivate() throws {
    let folder = TemporaryFolder()
    let path = folder.write("pass word", "*:*:*:*:secret\n")
    _ = try ConnectionString("host=db passfile='\(path)'")
    unsafe chmod(path, 0o640)
    let open = #expect(throws: FleetStoreError.self) {
      try ConnectionString("host=db passfile='\(path)'")
    }
    #expect(open?.description.contains(path) == true)
    #expect(throws: FleetStoreError.self) {
      try ConnectionString("host=db passfile=\(folder.path("none"))")
    }
  }

  @Test func theOperatorHasTheLastWord() throws {
    let text = "host=db application_name=mine tcp_user_timeout=1 target_session_attrs=any"
    let parameters = try #require(try ConnectionString(text).hosts().first)
    let values = Dictionary(uniqueKeysWithValues: parameters.map { ($0.keyword, $0.value) })
    #expect(values["application_name"] == "mine" && values["tcp_user_timeout"] == "1")
    #expect(values["target_session_attrs"] == "any" && values["keepalives_idle"] == "30")
    #expect(values["options"] == nil)
  }

  /// In a process of its own, since it changes the environment.
  @Test func aServiceAndTheEnvironmentCount() async {
    await #expect(processExitsWith: .success) {
      let folder = TemporaryFolder()
      let file = folder.write(
        "services",
        """
        [postern]
        host=db.example
        port=7
        [strict]
        host=db.example
        sslmode=require
        [local]
        host=/run
        """)
      unsafe setenv("PGSERVICEFILE", file, 1)
      func values(_ text: String) throws -> [String: String] {
        let parameters = try ConnectionString(text).hosts()[0]
        return Dictionary(uniqueKeysWithValues: parameters.map { ($0.keyword, $0.value) })
      }
      let plain = try values("service=postern")
      #expect(plain["host"] == "db.example" && plain["port"] == "7")
      #expect(plain["sslmode"] == "verify-full")
      #expect(try values("service=strict")["sslmode"] == nil)
      #expect(try values("service=local")["sslmode"] == nil)
      unsafe setenv("PGPASSWORD", "hunter2", 1)
      unsafe setenv("PGHOST", "db.example", 1)
      unsafe setenv("PGAPPNAME", "theirs", 1)
      let environment = try values("dbname=x")
      #expect(environment["host"] == "db.example" && environment["sslmode"] == "verify-full")
      #expect(environment["password"] == nil && environment["application_name"] == nil)
    }
  }
}

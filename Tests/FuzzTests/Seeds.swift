internal import FuzzTargets
internal import Messages

/// Valid inputs for the fuzzers to start from, by name.
enum Seeds {
  static func all(of target: FuzzTarget) throws -> [(String, [UInt8])] {
    switch target {
    case .ttrpc: try SessionSeeds.ttrpc()
    case .grpc: SessionSeeds.grpc()
    case .http1: SessionSeeds.http1()
    case .messages: messages()
    case .tokens: TokenSeeds.all()
    case .configuration: configurations
    case .policy: policies
    }
  }

  private static func messages() -> [(String, [UInt8])] {
    let arena = Arena(initialBytes: 4 << 10)
    let issue = PosternV1.IssueTokenRequest.Builder(in: arena)
    issue.setOrganizationID("acme")
    issue.setUserID("ann")
    issue.setName("laptop")
    issue.setDescription("d\u{e9}j\u{e0} vu")
    let batch = PosternV1.BatchCheckRequest.Builder(in: arena)
    batch.setTokenSecret("pst_u_")
    for action in ["team.get", "resource.put"] {
      let item = batch.addItems()
      item.setAction(action)
      item.setTargetUserID("bob")
    }
    let envoy = EnvoyServiceAuthV3.CheckRequest.Builder(in: arena)
    let attributes = envoy.makeAttributes()
    for key in ["action", "resource", "action"] {
      let entry = attributes.addContextExtensions()
      entry.setKey(key)
      entry.setValue("team.get")
    }
    let request = TTRPC.Request.Builder(in: arena)
    request.setService("postern.v1.TokenService")
    request.setMethod("ValidateToken")
    let status = GoogleRPC.Status.Builder(in: arena)
    status.setCode(5)
    status.setMessage("not found")
    status.addDetails().setTypeURL("type.googleapis.com/google.rpc.ErrorInfo")
    return [
      ("issue", message("PosternV1.IssueTokenRequest", issue.view)),
      ("batch", message("PosternV1.BatchCheckRequest", batch.view)),
      ("envoy", message("EnvoyServiceAuthV3.CheckRequest", envoy.view)),
      ("ttrpc", message("TTRPC.Request", request.view)),
      ("status", message("GoogleRPC.Status", status.view)),
    ]
  }

  private static func message(
    _ name: String, _ view: some EncodableMessage & ~Escapable
  ) -> [UInt8] {
    var buffer = ByteBuffer()
    view.encode(into: &buffer)
    let index = MessagesFuzz.subjectNames.firstIndex(of: name) ?? 255
    return [UInt8(index)] + Array(copying: buffer.bytes)
  }

  private static let policies = [
    ("empty", "{}"),
    (
      "full",
      """
      // All sections.
      {
        resource_types: { report: { writers: true }, job: { stored: false } }, roles: ["own"],
        actions: {
          "report.create": { any: ["member"] }, 'report.update': { all: ["creator", "role:own"] },
          "job.run": { any: ["issuer", "scope:api", { all: ["team:ops", "self"] }] },
          "dashboard.delete": { any: ["administrator", "writer"] },
        },
        organizations: { acme: { actions: { "job.run": { any: ["scope:rum"] } } } },
      }
      """
    ),
    (
      "broken",
      """
      { rolls: [], roles: ["power", 1], resource_types: { team: {}, A: { writers: 1 } },
        actions: { "team.create": { any: ["member", "self", "root", {}] }, "x": [] } }
      """
    ),
  ].map { ($0.0, Array($0.1.utf8)) }

  private static let configurations = [
    ("empty", "{}"), ("broken", "{socket: "),
    (
      "full",
      """
      // Comments and bare keys, as JSON5 has them.
      {
        socket: '/run/p.sock', "socket_mode": "0600", data: "/var/lib/p", log_level: "debug",
        operator_uid: [1, "2"], issuer_gid: 0x10, max_connections: 100, max_decode_depth: +16,
        /* The rest. */ max_ledger_bytes: 1048577, idle_timeout: 0, drain_timeout: .5,
      }
      """
    ),
    ("nested", "{operator_uid: [[1], [[2, [3]]]], workers: 3}"),
    ("unknown", #"{"max_\u0077orkers": 1}"#),
  ].map { ($0.0, Array($0.1.utf8)) }
}

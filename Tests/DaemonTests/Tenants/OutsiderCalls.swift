internal import Services

/// What a method can be asked about an organization that is not the caller's: requests that name
/// objects of `acme`, by ids that may or may not be there.
///
/// The switch has no default: a method that is added needs a row here.
enum OutsiderCalls {
  private static let acme = Encoding.field(1, "acme")
  private static let carol = acme + Encoding.field(2, "carol")
  private static let team = acme + Encoding.field(2, "writers")
  private static let one = acme + Encoding.field(2, "dashboard") + Encoding.field(3, "one")
  private static let mask = Encoding.field(1, "display_name")

  /// The requests of a method; none for one that names nothing of an organization.
  static func requests(_ method: Method, tokens: [String]) -> [[UInt8]] {
    switch method {
    case .envoyServiceAuthV3AuthorizationCheck, .gRPCHealthV1HealthCheck, .gRPCHealthV1HealthList,
      .gRPCHealthV1HealthWatch, .gRPCReflectionV1ServerReflectionServerReflectionInfo,
      .gRPCReflectionV1alphaServerReflectionServerReflectionInfo, .adminServiceGetStatus,
      .adminServiceReloadPolicy, .adminServiceBackup, .adminServiceGetMetrics,
      .adminServiceAcceptClock, .fleetServiceGetFleet, .fleetServiceInitializeFleet,
      .fleetServiceForgetMember, .fleetServiceGetRepair, .fleetServiceAppendMissing,
      .fleetServiceCutLog, .fleetServiceRebuildMember, .fleetServiceListLostChanges,
      .auditServiceReportUses, .auditServiceVerifyLog, .directoryServiceListOrganizations,
      .directoryServiceImport,
      .tokenServiceValidateToken:
      []
    case .auditServiceListEvents, .auditServiceGetUsage, .directoryServiceExport:
      [acme, carol]
    case .watchServiceWatch: [Encoding.field(2, "acme")]
    case .directoryServiceCreateOrganization: [acme + Encoding.field(3, "x")]
    case .directoryServiceGetOrganization, .directoryServiceDeleteOrganization,
      .directoryServiceListUsers:
      [acme]
    case .directoryServiceInviteUser, .directoryServiceGetUser, .directoryServiceSetAdministrator,
      .directoryServiceSetUserRoles, .directoryServiceDeleteUser:
      [carol]
    case .directoryServiceInviteUsers: [acme + Encoding.field(2, Encoding.field(1, "carol"))]
    case .directoryServiceCreateTeam, .directoryServiceDeleteTeam, .directoryServiceGetTeam,
      .directoryServiceListTeamMembers:
      [team]
    case .directoryServiceUpdateTeam: [team + Encoding.field(3, mask) + Encoding.field(4, "new")]
    case .directoryServiceListTeams: [acme, acme + Encoding.field(4, "carol")]
    case .directoryServiceAddTeamMember, .directoryServiceRemoveTeamMember:
      [team + Encoding.field(3, "carol")]
    case .directoryServicePutResource, .directoryServiceGetResource,
      .directoryServiceDeleteResource, .directoryServiceListWriters:
      [one]
    case .directoryServiceListResources: [acme]
    case .directoryServiceSetWriter, .directoryServiceRemoveWriter:
      [one + Encoding.field(4, Encoding.field(1, "carol"))]
    case .permissionServiceCheck, .permissionServiceExplain:
      [Encoding.field(2, "dashboard.create") + Encoding.field(4, carol)]
    case .permissionServiceBatchCheck:
      [
        Encoding.field(2, carol) + Encoding.field(3, Encoding.field(1, "dashboard.create"))
      ]
    case .permissionServiceListActions:
      [Encoding.field(2, Encoding.field(1, "dashboard")) + Encoding.field(3, carol)]
    case .tokenServiceIssueToken:
      [carol, acme + Encoding.field(5, "api") + Encoding.field(6, [2])]
    case .tokenServiceRevokeTokens, .tokenServiceListTokens: [acme, carol]
    case .tokenServiceRevokeToken: tokens.map { Encoding.field(2, $0) }
    case .tokenServiceGetToken, .tokenServiceRotateOrgToken: tokens.map { Encoding.field(1, $0) }
    case .tokenServiceUpdateOrgToken:
      tokens.map {
        Encoding.field(1, $0) + Encoding.field(2, Encoding.field(1, "disabled"))
          + Encoding.field(7, integer: 1)
      }
    }
  }
}

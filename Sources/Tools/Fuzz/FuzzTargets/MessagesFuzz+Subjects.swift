internal import Messages

extension MessagesFuzz {
  /// One kind of message.
  struct Subject: Sendable {
    let name: String
    let check: @Sendable (Span<UInt8>) -> Void

    init(_ name: String, _ check: @escaping @Sendable (Span<UInt8>) -> Void) {
      self.name = name
      self.check = check
    }
  }

  /// Every request, and other decoded messages from outside. An input's first byte is an index, so
  /// new ones are appended at the end and the corpus keeps its meaning.
  static let subjects: [Subject] = [
    Subject("TTRPC.Request") { check(TTRPC.Request.self, $0) },
    Subject("EnvoyServiceAuthV3.CheckRequest") { check(EnvoyServiceAuthV3.CheckRequest.self, $0) },
    Subject("GRPCHealthV1.HealthCheckRequest") { check(GRPCHealthV1.HealthCheckRequest.self, $0) },
    Subject("GRPCHealthV1.HealthListRequest") { check(GRPCHealthV1.HealthListRequest.self, $0) },
    Subject("GRPCReflectionV1.ServerReflectionRequest") {
      check(GRPCReflectionV1.ServerReflectionRequest.self, $0)
    },
    Subject("GRPCReflectionV1.ExtensionRequest") {
      check(GRPCReflectionV1.ExtensionRequest.self, $0)
    },
    // The messages of v1alpha are the same.
    Subject("GRPCReflectionV1.ServerReflectionRequest of v1alpha") {
      check(GRPCReflectionV1.ServerReflectionRequest.self, $0)
    },
    Subject("GRPCReflectionV1.ExtensionRequest of v1alpha") {
      check(GRPCReflectionV1.ExtensionRequest.self, $0)
    },
    Subject("PosternV1.GetStatusRequest") { check(PosternV1.GetStatusRequest.self, $0) },
    Subject("PosternV1.ReloadPolicyRequest") { check(PosternV1.ReloadPolicyRequest.self, $0) },
    Subject("PosternV1.BackupRequest") { check(PosternV1.BackupRequest.self, $0) },
    Subject("PosternV1.GetMetricsRequest") { check(PosternV1.GetMetricsRequest.self, $0) },
    Subject("PosternV1.ListEventsRequest") { check(PosternV1.ListEventsRequest.self, $0) },
    Subject("PosternV1.GetUsageRequest") { check(PosternV1.GetUsageRequest.self, $0) },
    Subject("PosternV1.VerifyLogRequest") { check(PosternV1.VerifyLogRequest.self, $0) },
    Subject("PosternV1.CreateOrganizationRequest") {
      check(PosternV1.CreateOrganizationRequest.self, $0)
    },
    Subject("PosternV1.GetOrganizationRequest") {
      check(PosternV1.GetOrganizationRequest.self, $0)
    },
    Subject("PosternV1.ListOrganizationsRequest") {
      check(PosternV1.ListOrganizationsRequest.self, $0)
    },
    Subject("PosternV1.InviteUserRequest") { check(PosternV1.InviteUserRequest.self, $0) },
    Subject("PosternV1.InviteUsersRequest") { check(PosternV1.InviteUsersRequest.self, $0) },
    Subject("PosternV1.GetUserRequest") { check(PosternV1.GetUserRequest.self, $0) },
    Subject("PosternV1.ListUsersRequest") { check(PosternV1.ListUsersRequest.self, $0) },
    Subject("PosternV1.SetAdministratorRequest") {
      check(PosternV1.SetAdministratorRequest.self, $0)
    },
    Subject("PosternV1.DeleteUserRequest") { check(PosternV1.DeleteUserRequest.self, $0) },
    Subject("PosternV1.CreateTeamRequest") { check(PosternV1.CreateTeamRequest.self, $0) },
    Subject("PosternV1.UpdateTeamRequest") { check(PosternV1.UpdateTeamRequest.self, $0) },
    Subject("PosternV1.DeleteTeamRequest") { check(PosternV1.DeleteTeamRequest.self, $0) },
    Subject("PosternV1.GetTeamRequest") { check(PosternV1.GetTeamRequest.self, $0) },
    Subject("PosternV1.ListTeamsRequest") { check(PosternV1.ListTeamsRequest.self, $0) },
    Subject("PosternV1.AddTeamMemberRequest") { check(PosternV1.AddTeamMemberRequest.self, $0) },
    Subject("PosternV1.RemoveTeamMemberRequest") {
      check(PosternV1.RemoveTeamMemberRequest.self, $0)
    },
    Subject("PosternV1.PutResourceRequest") { check(PosternV1.PutResourceRequest.self, $0) },
    Subject("PosternV1.GetResourceRequest") { check(PosternV1.GetResourceRequest.self, $0) },
    Subject("PosternV1.ListResourcesRequest") { check(PosternV1.ListResourcesRequest.self, $0) },
    Subject("PosternV1.DeleteResourceRequest") { check(PosternV1.DeleteResourceRequest.self, $0) },
    Subject("PosternV1.SetWriterRequest") { check(PosternV1.SetWriterRequest.self, $0) },
    Subject("PosternV1.RemoveWriterRequest") { check(PosternV1.RemoveWriterRequest.self, $0) },
    Subject("PosternV1.ImportRequest") { check(PosternV1.ImportRequest.self, $0) },
    Subject("PosternV1.ExportRequest") { check(PosternV1.ExportRequest.self, $0) },
    Subject("PosternV1.CheckRequest") { check(PosternV1.CheckRequest.self, $0) },
    Subject("PosternV1.BatchCheckRequest") { check(PosternV1.BatchCheckRequest.self, $0) },
    Subject("PosternV1.ExplainRequest") { check(PosternV1.ExplainRequest.self, $0) },
    Subject("PosternV1.ListActionsRequest") { check(PosternV1.ListActionsRequest.self, $0) },
    Subject("PosternV1.IssueTokenRequest") { check(PosternV1.IssueTokenRequest.self, $0) },
    Subject("PosternV1.ValidateTokenRequest") { check(PosternV1.ValidateTokenRequest.self, $0) },
    Subject("PosternV1.RevokeTokenRequest") { check(PosternV1.RevokeTokenRequest.self, $0) },
    Subject("PosternV1.RevokeTokensRequest") { check(PosternV1.RevokeTokensRequest.self, $0) },
    Subject("PosternV1.GetTokenRequest") { check(PosternV1.GetTokenRequest.self, $0) },
    Subject("PosternV1.ListTokensRequest") { check(PosternV1.ListTokensRequest.self, $0) },
    Subject("PosternV1.UpdateOrgTokenRequest") { check(PosternV1.UpdateOrgTokenRequest.self, $0) },
    Subject("PosternV1.RotateOrgTokenRequest") { check(PosternV1.RotateOrgTokenRequest.self, $0) },
    Subject("PosternV1.WatchRequest") { check(PosternV1.WatchRequest.self, $0) },
    Subject("TTRPC.Response") { check(TTRPC.Response.self, $0) },
    Subject("PosternStorageV1.Entry") { check(PosternStorageV1.Entry.self, $0) },
    Subject("EnvoyServiceAuthV3.CheckResponse") {
      check(EnvoyServiceAuthV3.CheckResponse.self, $0)
    },
    Subject("GoogleRPC.Status") { check(GoogleRPC.Status.self, $0) },
    Subject("GoogleRPC.ErrorInfo") { check(GoogleRPC.ErrorInfo.self, $0) },
    Subject("PosternV1.Event") { check(PosternV1.Event.self, $0) },
    Subject("PosternV1.SetUserRolesRequest") { check(PosternV1.SetUserRolesRequest.self, $0) },
    Subject("PosternV1.DeleteOrganizationRequest") {
      check(PosternV1.DeleteOrganizationRequest.self, $0)
    },
    Subject("PosternV1.ListTeamMembersRequest") {
      check(PosternV1.ListTeamMembersRequest.self, $0)
    },
    Subject("PosternV1.ListWritersRequest") { check(PosternV1.ListWritersRequest.self, $0) },
    Subject("PosternV1.AcceptClockRequest") { check(PosternV1.AcceptClockRequest.self, $0) },
    Subject("PosternV1.GetFleetRequest") { check(PosternV1.GetFleetRequest.self, $0) },
    Subject("PosternV1.InitializeFleetRequest") {
      check(PosternV1.InitializeFleetRequest.self, $0)
    },
    Subject("PosternV1.ForgetMemberRequest") { check(PosternV1.ForgetMemberRequest.self, $0) },
    Subject("PosternV1.GetRepairRequest") { check(PosternV1.GetRepairRequest.self, $0) },
    Subject("PosternV1.AppendMissingRequest") { check(PosternV1.AppendMissingRequest.self, $0) },
    Subject("PosternV1.CutLogRequest") { check(PosternV1.CutLogRequest.self, $0) },
    Subject("PosternV1.RebuildMemberRequest") { check(PosternV1.RebuildMemberRequest.self, $0) },
    Subject("PosternV1.ListLostChangesRequest") {
      check(PosternV1.ListLostChangesRequest.self, $0)
    },
    Subject("PosternV1.ReportUsesRequest") { check(PosternV1.ReportUsesRequest.self, $0) },
  ]
}

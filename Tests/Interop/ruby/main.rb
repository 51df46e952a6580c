# gRPC's Ruby, with the code that its generator makes: `main.rb POSTERND FOLDER`. It has a daemon of
# its own, which it restarts.

require 'json'

require 'google/protobuf/well_known_types'
require 'google/rpc/error_details_pb'
require 'google/rpc/status_pb'
require 'grpc'

require 'postern/v1/directory_service_services_pb'
require 'postern/v1/permission_service_services_pb'
require 'postern/v1/token_service_services_pb'
require 'postern/v1/watch_service_services_pb'

PATIENCE_SECONDS = 10
ORGANIZATION = 'interop-ruby'

def holds(condition, what)
  raise what unless condition
end

def equal(actual, expected, what)
  holds(actual == expected, "#{what} is #{actual.inspect}, not #{expected.inspect}")
end

# Calls, and answers the error, which must be of that class.
def fails(kind)
  yield
rescue GRPC::BadStatus => error
  equal(error.class, kind, 'the error')
  error
else
  raise "OK in place of #{kind}"
end

class Daemon
  attr_reader :socket

  def initialize(program, folder)
    @program = program
    @folder = folder
    @socket = "#{folder}/socket"
  end

  def start
    @process = Process.spawn(@program, '--socket', @socket, '--data', "#{@folder}/data",
                             in: :close, [:out, :err] => ["#{@folder}/log", 'a'])
    last = Process.clock_gettime(Process::CLOCK_MONOTONIC) + PATIENCE_SECONDS
    until File.exist?(@socket)
      holds(Process.clock_gettime(Process::CLOCK_MONOTONIC) < last, "the daemon doesn't listen")
      sleep 0.01
    end
  end

  def stop
    Process.kill('TERM', @process)
    _, status = Process.wait2(@process)
    @process = nil
    equal(status.exitstatus, 0, "the daemon's exit code")
  end

  def finish
    return unless @process
    Process.kill('KILL', @process)
    Process.wait(@process)
  end
end

class Scenario
  include Postern::V1

  STEPS = %i[
    create_organization issue_tokens validate check error_details bearer_that_is_no_token
    deadline_that_is_over watch_changes deadline_of_a_watch revoke_many validate_revoked
    retry_over_a_restart
  ].freeze

  RETRIES = JSON.generate(
    methodConfig: [{
      name: [{ service: 'postern.v1.TokenService' }],
      retryPolicy: {
        maxAttempts: 5, initialBackoff: '0.4s', maxBackoff: '1s', backoffMultiplier: 2,
        retryableStatusCodes: ['UNAVAILABLE']
      }
    }]
  )

  def initialize(daemon)
    @daemon = daemon
    options = {
      timeout: PATIENCE_SECONDS,
      channel_args: {
        'grpc.initial_reconnect_backoff_ms' => 100, 'grpc.service_config' => RETRIES
      }
    }
    stub = ->(service) { service::Stub.new("unix:#{daemon.socket}", :this_channel_is_insecure, **options) }
    @directory = stub.(DirectoryService)
    @permissions = stub.(PermissionService)
    @tokens = stub.(TokenService)
    @changes = stub.(WatchService)
  end

  def run
    failed = STEPS.count do |step|
      title = "ruby #{step.to_s.tr('_', ' ')}"
      begin
        send(step)
        puts "ok #{title}"
        false
      rescue StandardError => error
        puts "FAILED #{title}: #{error.message.split.join(' ')}"
        true
      end
    end
    failed.zero? ? 0 : 1
  end

  # The steps. Each one's name is its title.

  def create_organization
    response = @directory.create_organization(
      CreateOrganizationRequest.new(organization_id: ORGANIZATION, administrator_user_id: 'alice')
    )
    equal(response.organization.id, ORGANIZATION, 'organization.id')
    holds(response.revision.positive?, 'revision is 0')
  end

  def issue_tokens
    request = IssueTokenRequest.new(organization_id: ORGANIZATION, user_id: 'alice')
    responses = Array.new(3) { @tokens.issue_token(request) }
    equal(responses[0].token.kind, :TOKEN_KIND_USER, 'token.kind')
    @first, @second, @third = responses.map(&:secret)
  end

  def validate
    response = @tokens.validate_token(ValidateTokenRequest.new(secret: @first))
    equal(response.active, true, 'active')
    equal(response.user_id, 'alice', 'user_id')
  end

  def check
    response = @permissions.check(
      CheckRequest.new(token_secret: @first, action: 'integration.create')
    )
    equal(response.allowed, true, 'allowed')
    equal(response.reason, :DECISION_REASON_RELATION_HOLDS, 'reason')
  end

  def error_details
    error = fails(GRPC::InvalidArgument) do
      @tokens.issue_token(IssueTokenRequest.new(organization_id: 'not valid', user_id: 'alice'))
    end
    status = error.to_rpc_status
    info = status.details.find { |detail| detail.is(Google::Rpc::ErrorInfo) }
    equal(info.unpack(Google::Rpc::ErrorInfo).domain, 'postern', 'the domain')
    bad = status.details.find { |detail| detail.is(Google::Rpc::BadRequest) }
    violation = bad.unpack(Google::Rpc::BadRequest).field_violations.first
    equal(violation.field, 'organization_id', 'the field')
  end

  def bearer_that_is_no_token
    request = GetOrganizationRequest.new(organization_id: ORGANIZATION)
    fails(GRPC::Unauthenticated) do
      @directory.get_organization(request, metadata: { 'authorization' => 'Bearer no-token' })
    end
  end

  def deadline_that_is_over
    fails(GRPC::DeadlineExceeded) do
      @tokens.validate_token(ValidateTokenRequest.new, deadline: Time.now - 1)
    end
  end

  # From the first change on, then one that happens meanwhile; then it is cancelled.
  def watch_changes
    request = WatchRequest.new(from_revision: 1, organization_id: ORGANIZATION)
    call = @changes.watch(request, return_op: true)
    events = call.execute.lazy.flat_map { |response| response.events.to_a }
    kinds = []
    events.each do |event|
      kinds << event.kind
      @tokens.revoke_token(RevokeTokenRequest.new(secret: @second)) if kinds.size == 5
      break if kinds.size == 6
    end
    call.cancel
    equal(kinds, %i[EVENT_KIND_ORGANIZATION_CREATED EVENT_KIND_USER_INVITED] +
      [:EVENT_KIND_TOKEN_ISSUED] * 3 + [:EVENT_KIND_TOKEN_REVOKED], 'the changes')
  end

  def deadline_of_a_watch
    fails(GRPC::DeadlineExceeded) do
      @changes.watch(WatchRequest.new, deadline: Time.now + 0.3).each { |_| }
    end
  end

  # A stream of reports, until the last one.
  def revoke_many
    request = RevokeTokensRequest.new(organization_id: ORGANIZATION, kind: :TOKEN_KIND_USER,
                                      user_id: 'alice')
    reports = @tokens.revoke_tokens(request).to_a
    equal(reports.map(&:done), [true], 'done')
    equal(reports.map(&:revoked_count), [2], 'revoked_count')
    @first = @tokens.issue_token(
      IssueTokenRequest.new(organization_id: ORGANIZATION, user_id: 'alice')
    ).secret
  end

  def validate_revoked
    [@second, @third].each do |secret|
      response = @tokens.validate_token(ValidateTokenRequest.new(secret: secret))
      equal(response.active, false, 'active')
    end
  end

  # Every call while the daemon is away is tried again by the stub.
  def retry_over_a_restart
    @daemon.stop
    starting = Thread.new do
      sleep 0.3
      @daemon.start
    end
    response = @tokens.validate_token(ValidateTokenRequest.new(secret: @first))
    equal(response.active, true, 'active')
    validate_revoked
  ensure
    starting&.join
  end
end

if ARGV.size != 2
  warn 'usage: main.rb POSTERND FOLDER'
  exit 2
end
$stdout.sync = true
daemon = Daemon.new(*ARGV)
begin
  daemon.start
  code = Scenario.new(daemon).run
ensure
  daemon.finish
end
exit code

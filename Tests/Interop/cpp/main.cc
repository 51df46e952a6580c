// gRPC C++, with the code that its generator makes: `cpp POSTERND FOLDER`. It has a daemon of its own,
// which it restarts.

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "postern/v1/directory_service.grpc.pb.h"
#include "postern/v1/permission_service.grpc.pb.h"
#include "postern/v1/token_service.grpc.pb.h"
#include "postern/v1/watch_service.grpc.pb.h"

namespace pb = postern::v1;
using std::chrono::milliseconds;
using std::chrono::system_clock;

constexpr milliseconds kPatience{10'000};
constexpr char kOrganization[] = "interop-cpp";

void Holds(bool condition, const std::string& what) {
  if (!condition) throw std::runtime_error(what);
}

template <typename Actual, typename Expected>
void Equal(const Actual& actual, const Expected& expected, const std::string& what) {
  if (!(actual == expected)) throw std::runtime_error(what + " is not as expected");
}

void IsOK(const grpc::Status& status) {
  Holds(status.ok(), std::to_string(status.error_code()) + ": " + status.error_message());
}

void Fails(const grpc::Status& status, grpc::StatusCode code) {
  Holds(status.error_code() == code, "the code is " + std::to_string(status.error_code()) +
                                         " in place of " + std::to_string(code));
}

class Daemon {
 public:
  Daemon(std::string program, std::string folder)
      : program_(std::move(program)), folder_(std::move(folder)) {}
  ~Daemon() {
    if (process_ > 0) {
      kill(process_, SIGKILL);
      waitpid(process_, nullptr, 0);
    }
  }

  std::string socket() const { return folder_ + "/socket"; }

  void Start() {
    const std::string log = folder_ + "/log", path = socket(), data = folder_ + "/data";
    process_ = fork();
    Holds(process_ >= 0, "no process can be made");
    if (process_ == 0) {
      const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
      dup2(file, STDOUT_FILENO);
      dup2(file, STDERR_FILENO);
      execl(program_.c_str(), program_.c_str(), "--socket", path.c_str(), "--data", data.c_str(),
            static_cast<char*>(nullptr));
      _exit(127);
    }
    struct stat status;
    const auto end = system_clock::now() + kPatience;
    while (stat(path.c_str(), &status) != 0) {
      Holds(system_clock::now() < end, "the daemon doesn't listen");
      std::this_thread::sleep_for(milliseconds(10));
    }
  }

  void Stop() {
    int code = -1;
    kill(process_, SIGTERM);
    waitpid(process_, &code, 0);
    process_ = -1;
    Equal(code, 0, "the daemon's exit code");
  }

 private:
  std::string program_, folder_;
  pid_t process_ = -1;
};

// A call's context: a deadline, and a token where one is given.
std::unique_ptr<grpc::ClientContext> Within(milliseconds time, const std::string& bearer = "") {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(system_clock::now() + time);
  if (!bearer.empty()) context->AddMetadata("authorization", "Bearer " + bearer);
  return context;
}

class Scenario {
 public:
  explicit Scenario(Daemon& daemon) : daemon_(daemon) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
    arguments.SetServiceConfigJSON(R"({"methodConfig": [{
      "name": [{"service": "postern.v1.TokenService"}],
      "retryPolicy": {"maxAttempts": 5, "initialBackoff": "0.4s", "maxBackoff": "1s",
                      "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE"]}}]})");
    auto channel = grpc::CreateCustomChannel("unix:" + daemon.socket(),
                                             grpc::InsecureChannelCredentials(), arguments);
    directory_ = pb::DirectoryService::NewStub(channel);
    permissions_ = pb::PermissionService::NewStub(channel);
    tokens_ = pb::TokenService::NewStub(channel);
    watch_ = pb::WatchService::NewStub(channel);
  }

  void CreateOrganization() {
    pb::CreateOrganizationRequest request;
    request.set_organization_id(kOrganization);
    request.set_administrator_user_id("alice");
    pb::CreateOrganizationResponse response;
    IsOK(directory_->CreateOrganization(Within(kPatience).get(), request, &response));
    Equal(response.organization().id(), kOrganization, "organization.id");
    Holds(response.revision() > 0, "revision is 0");
  }

  void IssueTokens() {
    for (std::string* secret : {&first_, &second_}) {
      pb::IssueTokenRequest request;
      request.set_organization_id(kOrganization);
      request.set_user_id("alice");
      pb::IssueTokenResponse response;
      IsOK(tokens_->IssueToken(Within(kPatience).get(), request, &response));
      Equal(response.token().kind(), pb::TOKEN_KIND_USER, "token.kind");
      *secret = response.secret();
    }
  }

  void Validate() {
    const auto response = Validated(first_);
    Equal(response.active(), true, "active");
    Equal(response.user_id(), "alice", "user_id");
  }

  void Check() {
    pb::CheckRequest request;
    request.set_token_secret(first_);
    request.set_action("integration.create");
    pb::CheckResponse response;
    IsOK(permissions_->Check(Within(kPatience).get(), request, &response));
    Equal(response.allowed(), true, "allowed");
    Equal(response.rule(), "administrator", "rule");
  }

  void ErrorDetails() {
    pb::IssueTokenRequest request;
    request.set_organization_id("not valid");
    pb::IssueTokenResponse response;
    const auto error = tokens_->IssueToken(Within(kPatience).get(), request, &response);
    Fails(error, grpc::StatusCode::INVALID_ARGUMENT);
    google::rpc::Status status;
    Holds(status.ParseFromString(error.error_details()), "the details can't be read");
    Equal(status.code(), error.error_code(), "the code in the details");
    bool has_info = false, has_violation = false;
    for (const auto& detail : status.details()) {
      google::rpc::ErrorInfo info;
      google::rpc::BadRequest bad;
      if (detail.UnpackTo(&info)) has_info = info.domain() == "postern";
      if (detail.UnpackTo(&bad)) {
        has_violation = bad.field_violations(0).field() == "organization_id";
      }
    }
    Holds(has_info, "there is no ErrorInfo of Postern");
    Holds(has_violation, "there is no BadRequest with the field");
  }

  void BearerThatIsNoToken() {
    pb::GetOrganizationRequest request;
    request.set_organization_id(kOrganization);
    pb::GetOrganizationResponse response;
    Fails(directory_->GetOrganization(Within(kPatience, "no-token").get(), request, &response),
          grpc::StatusCode::UNAUTHENTICATED);
  }

  void DeadlineThatIsOver() {
    pb::ValidateTokenRequest request;
    pb::ValidateTokenResponse response;
    Fails(tokens_->ValidateToken(Within(milliseconds(-1)).get(), request, &response),
          grpc::StatusCode::DEADLINE_EXCEEDED);
  }

  // From the first change on, then one that happens meanwhile; then it is cancelled.
  void WatchChanges() {
    pb::WatchRequest request;
    request.set_from_revision(1);
    request.set_organization_id(kOrganization);
    const auto context = Within(kPatience);
    const auto reader = watch_->Watch(context.get(), request);
    Equal(NextKind(*reader), pb::EVENT_KIND_ORGANIZATION_CREATED, "the first change");
    Equal(NextKind(*reader), pb::EVENT_KIND_USER_INVITED, "the second change");
    for (int issued = 0; issued < 2; issued += 1) {
      Equal(NextKind(*reader), pb::EVENT_KIND_TOKEN_ISSUED, "the change after");
    }
    Revoke(second_);
    Equal(NextKind(*reader), pb::EVENT_KIND_TOKEN_REVOKED, "the change meanwhile");
    context->TryCancel();
    pb::WatchResponse rest;
    while (reader->Read(&rest)) {
    }
    Fails(reader->Finish(), grpc::StatusCode::CANCELLED);
  }

  void DeadlineOfAWatch() {
    const auto context = Within(milliseconds(300));
    const auto reader = watch_->Watch(context.get(), pb::WatchRequest());
    pb::WatchResponse response;
    while (reader->Read(&response)) {
    }
    Fails(reader->Finish(), grpc::StatusCode::DEADLINE_EXCEEDED);
  }

  void ValidateRevoked() {
    Equal(Validated(second_).active(), false, "active");
    Equal(Validated(first_).active(), true, "active of the other");
  }

  // Every call while the daemon is away is tried again by the stub.
  void RetryOverARestart() {
    daemon_.Stop();
    std::thread starting([this] {
      std::this_thread::sleep_for(milliseconds(300));
      daemon_.Start();
    });
    pb::ValidateTokenRequest request;
    request.set_secret(first_);
    pb::ValidateTokenResponse response;
    const auto status = tokens_->ValidateToken(Within(kPatience).get(), request, &response);
    starting.join();
    IsOK(status);
    Equal(response.active(), true, "active");
    Equal(Validated(second_).active(), false, "active of the revoked one");
  }

 private:
  pb::ValidateTokenResponse Validated(const std::string& secret) {
    pb::ValidateTokenRequest request;
    request.set_secret(secret);
    pb::ValidateTokenResponse response;
    IsOK(tokens_->ValidateToken(Within(kPatience).get(), request, &response));
    return response;
  }

  void Revoke(const std::string& secret) {
    pb::RevokeTokenRequest request;
    request.set_secret(secret);
    pb::RevokeTokenResponse response;
    IsOK(tokens_->RevokeToken(Within(kPatience).get(), request, &response));
  }

  // The kind of the next change. Changes may come together.
  pb::EventKind NextKind(grpc::ClientReader<pb::WatchResponse>& reader) {
    while (next_ >= changes_.events_size()) {
      next_ = 0;
      Holds(reader.Read(&changes_), "the watch ends");
    }
    return changes_.events(next_++).kind();
  }

  Daemon& daemon_;
  std::unique_ptr<pb::DirectoryService::Stub> directory_;
  std::unique_ptr<pb::PermissionService::Stub> permissions_;
  std::unique_ptr<pb::TokenService::Stub> tokens_;
  std::unique_ptr<pb::WatchService::Stub> watch_;
  std::string first_, second_;
  pb::WatchResponse changes_;
  int next_ = 0;
};

int main(int count, char** arguments) {
  if (count != 3) {
    std::cerr << "usage: cpp POSTERND FOLDER\n";
    return 2;
  }
  Daemon daemon(arguments[1], arguments[2]);
  daemon.Start();
  Scenario scenario(daemon);
  const std::vector<std::pair<const char*, void (Scenario::*)()>> steps = {
      {"create organization", &Scenario::CreateOrganization},
      {"issue tokens", &Scenario::IssueTokens},
      {"validate", &Scenario::Validate},
      {"check", &Scenario::Check},
      {"error details", &Scenario::ErrorDetails},
      {"bearer that is no token", &Scenario::BearerThatIsNoToken},
      {"deadline that is over", &Scenario::DeadlineThatIsOver},
      {"watch changes", &Scenario::WatchChanges},
      {"deadline of a watch", &Scenario::DeadlineOfAWatch},
      {"validate revoked", &Scenario::ValidateRevoked},
      {"retry over a restart", &Scenario::RetryOverARestart},
  };
  int failed = 0;
  for (const auto& [title, step] : steps) {
    try {
      (scenario.*step)();
      std::cout << "ok cpp " << title << std::endl;
    } catch (const std::exception& error) {
      failed += 1;
      std::cout << "FAILED cpp " << title << ": " << error.what() << std::endl;
    }
  }
  return failed > 0 ? 1 : 0;
}

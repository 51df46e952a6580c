// containerd's own ttrpc client, with the code that its generator makes: `ttrpc SOCKET`.
//
// The steps are those of scenario.py, and it speaks to the socket once by hand, because a stock client
// forgets a call at its deadline.
package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/containerd/ttrpc"
	"github.com/gogo/protobuf/proto"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	health "grpc/health/v1"
	postern "postern/v1"
)

const (
	name          = "ttrpc"
	organization  = "interop-ttrpc"
	administrator = "administrator@example.com"
	member        = "member+plain@example.com"
	callTimeout   = 10 * time.Second
)

// Bytes that are a message already, for calls past the generated code.
type encoded struct{ bytes []byte }

func (e *encoded) Marshal() ([]byte, error) { return e.bytes, nil }
func (e *encoded) Unmarshal(b []byte) error { e.bytes = append([]byte(nil), b...); return nil }
func (e *encoded) Reset()                   { e.bytes = nil }
func (e *encoded) String() string           { return fmt.Sprintf("%d bytes", len(e.bytes)) }
func (e *encoded) ProtoMessage()            {}

type scenario struct {
	path                string
	client              *ttrpc.Client
	directory           postern.DirectoryServiceService
	permissions         postern.PermissionServiceService
	tokens              postern.TokenServiceService
	administratorSecret string
	memberSecret        string
	memberTokenID       string
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: ttrpc SOCKET")
		os.Exit(2)
	}
	connection, err := net.DialTimeout("unix", os.Args[1], callTimeout)
	if err != nil {
		fmt.Printf("FAILED %s connect: %v\n", name, err)
		os.Exit(1)
	}
	client := ttrpc.NewClient(connection)
	defer client.Close()
	s := &scenario{
		path:        os.Args[1],
		client:      client,
		directory:   postern.NewDirectoryServiceClient(client),
		permissions: postern.NewPermissionServiceClient(client),
		tokens:      postern.NewTokenServiceClient(client),
	}
	failed := 0
	for _, step := range []struct {
		title string
		run   func() error
	}{
		{"health", s.health},
		{"create organization", s.createOrganization},
		{"invite user", s.inviteUser},
		{"issue tokens", s.issueTokens},
		{"validate", s.validate},
		{"check allowed", s.checkAllowed},
		{"check denied", s.checkDenied},
		{"bearer of administrator", s.bearerOfAdministrator},
		{"bearer of member", s.bearerOfMember},
		{"bearer issues for itself", s.bearerIssuesForItself},
		{"bearer that is no token", s.bearerThatIsNoToken},
		{"invalid argument", s.invalidArgument},
		{"malformed message", s.malformedMessage},
		{"unknown method", s.unknownMethod},
		{"unknown service", s.unknownService},
		{"deadline that is over", s.deadlineThatIsOver},
		{"deadline at the daemon", s.deadlineAtTheDaemon},
		{"large request", s.largeRequest},
		{"large answer", s.largeAnswer},
		{"many calls at once", s.manyCallsAtOnce},
		{"revoke", s.revoke},
		{"validate revoked", s.validateRevoked},
		{"check revoked", s.checkRevoked},
		{"bearer revoked", s.bearerRevoked},
	} {
		if err := step.run(); err != nil {
			failed++
			why := strings.Join(strings.Fields(err.Error()), " ")
			fmt.Printf("FAILED %s %s: %s\n", name, step.title, why)
		} else {
			fmt.Printf("ok %s %s\n", name, step.title)
		}
	}
	if failed > 0 {
		os.Exit(1)
	}
}

// The steps.

func (s *scenario) health() error {
	client := health.NewHealthClient(s.client)
	for _, service := range []string{"", "postern.v1.TokenService"} {
		response, err := client.Check(within(), &health.HealthCheckRequest{Service: service})
		if err != nil {
			return err
		}
		if response.Status != health.HealthCheckResponse_SERVING {
			return fmt.Errorf("the health of `%s` is %v", service, response.Status)
		}
	}
	_, err := client.Check(within(), &health.HealthCheckRequest{Service: "no.such.Service"})
	_, err = fails(err, codes.NotFound)
	return err
}

func (s *scenario) createOrganization() error {
	request := &postern.CreateOrganizationRequest{
		OrganizationId:      organization,
		DisplayName:         "Interop, größer",
		AdministratorUserId: administrator,
	}
	response, err := s.directory.CreateOrganization(within(), request)
	if err != nil {
		return err
	}
	if response.Organization == nil || response.Organization.Id != organization ||
		response.Organization.DisplayName != request.DisplayName || response.Revision == 0 {
		return fmt.Errorf("the answer is %v", response)
	}
	_, err = s.directory.CreateOrganization(within(), request)
	_, err = fails(err, codes.AlreadyExists)
	return err
}

func (s *scenario) inviteUser() error {
	request := &postern.InviteUserRequest{OrganizationId: organization, UserId: member}
	response, err := s.directory.InviteUser(within(), request)
	if err != nil {
		return err
	}
	if response.User == nil || response.User.Id != member || response.User.Administrator {
		return fmt.Errorf("the answer is %v", response)
	}
	return nil
}

func (s *scenario) issueTokens() error {
	response, err := s.issue(within(), administrator)
	if err != nil {
		return err
	}
	s.administratorSecret = response.Secret
	if response, err = s.issue(within(), member); err != nil {
		return err
	}
	s.memberSecret, s.memberTokenID = response.Secret, response.Token.Id
	if len(s.memberTokenID) != 22 || !strings.Contains(s.memberSecret, s.memberTokenID) {
		return fmt.Errorf("the id is `%s`, not 22 characters of the secret", s.memberTokenID)
	}
	if response.Token.State != postern.TokenState_TOKEN_STATE_ACTIVE ||
		response.Token.UserId != member {
		return fmt.Errorf("the token is %v", response.Token)
	}
	return nil
}

func (s *scenario) validate() error {
	request := &postern.ValidateTokenRequest{Secret: s.memberSecret}
	response, err := s.tokens.ValidateToken(within(), request)
	if err != nil {
		return err
	}
	if !response.Active || response.UserId != member || response.OrganizationId != organization ||
		response.TokenId != s.memberTokenID || response.Kind != postern.TokenKind_TOKEN_KIND_USER ||
		response.ExpiresAt == nil {
		return fmt.Errorf("the answer is %v", response)
	}
	request.Secret = "pst_u_" + strings.Repeat("0", 55)
	if response, err = s.tokens.ValidateToken(within(), request); err != nil {
		return err
	}
	if response.Active {
		return errors.New("a forged token is active")
	}
	return nil
}

func (s *scenario) checkAllowed() error {
	response, err := s.check(s.administratorSecret, "integration.create")
	if err != nil {
		return err
	}
	if !response.Allowed || response.Rule != "administrator" ||
		response.Reason != postern.DecisionReason_DECISION_REASON_RELATION_HOLDS || response.Revision == 0 {
		return fmt.Errorf("the answer is %v", response)
	}
	return nil
}

func (s *scenario) checkDenied() error {
	response, err := s.check(s.memberSecret, "integration.create")
	if err != nil {
		return err
	}
	if response.Allowed || response.Rule != "administrator" || response.Message == "" ||
		response.Reason != postern.DecisionReason_DECISION_REASON_NO_RELATION {
		return fmt.Errorf("the answer is %v", response)
	}
	return nil
}

func (s *scenario) bearerOfAdministrator() error {
	request := &postern.InviteUserRequest{OrganizationId: organization, UserId: "by-bearer"}
	_, err := s.directory.InviteUser(bearer(s.administratorSecret), request)
	return err
}

func (s *scenario) bearerOfMember() error {
	request := &postern.InviteUserRequest{OrganizationId: organization, UserId: "never-invited"}
	_, err := s.directory.InviteUser(bearer(s.memberSecret), request)
	info, err := fails(err, codes.PermissionDenied)
	if err != nil {
		return err
	}
	if info == nil || info.Domain != "postern" || info.Reason == "" ||
		info.Metadata["action"] != "organization.invite_user" ||
		info.Metadata["rule"] != "administrator" {
		return fmt.Errorf("the ErrorInfo is %v", info)
	}
	return nil
}

func (s *scenario) bearerIssuesForItself() error {
	response, err := s.issue(bearer(s.memberSecret), member)
	if err != nil {
		return err
	}
	by := response.Token.IssuedBy
	if by == nil || by.UserId != member || by.TokenId != s.memberTokenID {
		return fmt.Errorf("token.issued_by is %v", by)
	}
	_, err = s.issue(bearer(s.memberSecret), administrator)
	_, err = fails(err, codes.PermissionDenied)
	return err
}

func (s *scenario) bearerThatIsNoToken() error {
	request := &postern.GetOrganizationRequest{OrganizationId: organization}
	_, err := s.directory.GetOrganization(bearer("not-a-token"), request)
	_, err = fails(err, codes.Unauthenticated)
	return err
}

func (s *scenario) invalidArgument() error {
	request := &postern.GetOrganizationRequest{OrganizationId: "not valid"}
	_, err := s.directory.GetOrganization(within(), request)
	info, wrong := fails(err, codes.InvalidArgument)
	if wrong != nil {
		return wrong
	}
	if !strings.Contains(err.Error(), "organization_id") {
		return fmt.Errorf("the message doesn't name the field: %v", err)
	}
	if info == nil || info.Domain != "postern" || info.Metadata["field"] != "organization_id" {
		return fmt.Errorf("the ErrorInfo is %v", info)
	}
	return nil
}

func (s *scenario) malformedMessage() error {
	err := s.raw("postern.v1.TokenService", "ValidateToken", []byte{0x0a, 0xff, 0xff})
	if code := status.Code(err); code != codes.InvalidArgument && code != codes.Internal {
		return fmt.Errorf("the code is %v (%v)", code, err)
	}
	return nil
}

func (s *scenario) unknownMethod() error {
	_, err := fails(s.raw("postern.v1.TokenService", "NoSuchMethod", nil), codes.Unimplemented)
	return err
}

func (s *scenario) unknownService() error {
	_, err := fails(s.raw("postern.v1.NoSuchService", "ValidateToken", nil), codes.Unimplemented)
	return err
}

func (s *scenario) deadlineThatIsOver() error {
	over, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer cancel()
	request := &postern.ValidateTokenRequest{Secret: "pst_u_x"}
	_, err := s.tokens.ValidateToken(over, request)
	if !errors.Is(err, context.DeadlineExceeded) && status.Code(err) != codes.DeadlineExceeded {
		return fmt.Errorf("the error is %v", err)
	}
	// The answer to the call that was forgotten must not confuse the next one.
	_, err = s.tokens.ValidateToken(within(), request)
	return err
}

// The daemon must say that the time of a call ran out, after one nanosecond or, as this client sends
// it when its context is over, before the start.
func (s *scenario) deadlineAtTheDaemon() error {
	for _, nanoseconds := range []int64{1, -1} {
		if err := s.callWithTimeout(nanoseconds); err != nil {
			return fmt.Errorf("timeout_nano %d: %w", nanoseconds, err)
		}
	}
	return nil
}

// Sends a call by hand and wants DEADLINE_EXCEEDED. A command, because it waits for the writer; a
// query may be answered sooner than the daemon looks.
func (s *scenario) callWithTimeout(nanoseconds int64) error {
	payload, err := (&postern.InviteUserRequest{
		OrganizationId: organization,
		UserId:         "too-late",
	}).Marshal()
	if err != nil {
		return err
	}
	body, err := proto.Marshal(&ttrpc.Request{
		Service:     "postern.v1.DirectoryService",
		Method:      "InviteUser",
		Payload:     payload,
		TimeoutNano: nanoseconds,
	})
	if err != nil {
		return err
	}
	connection, err := net.DialTimeout("unix", s.path, callTimeout)
	if err != nil {
		return err
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(callTimeout)); err != nil {
		return err
	}
	// Length, stream 1, type 1 (request), no flags.
	frame := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	frame = append(frame, 0, 0, 0, 1, 1, 0)
	if _, err := connection.Write(append(frame, body...)); err != nil {
		return err
	}
	header := make([]byte, 10)
	if _, err := io.ReadFull(connection, header); err != nil {
		return err
	}
	if header[8] != 2 || binary.BigEndian.Uint32(header[4:]) != 1 {
		return fmt.Errorf("the answer's header is %x", header)
	}
	answer := make([]byte, binary.BigEndian.Uint32(header))
	if _, err := io.ReadFull(connection, answer); err != nil {
		return err
	}
	response := &ttrpc.Response{}
	if err := proto.Unmarshal(answer, response); err != nil {
		return err
	}
	if response.Status.GetCode() != int32(codes.DeadlineExceeded) {
		return fmt.Errorf("the status is %v", response.Status)
	}
	return nil
}

func (s *scenario) largeRequest() error {
	request := &postern.ValidateTokenRequest{Secret: strings.Repeat("x", 1000000)}
	response, err := s.tokens.ValidateToken(within(), request)
	if err != nil {
		return err
	}
	if response.Active {
		return errors.New("a forged token is active")
	}
	return nil
}

func (s *scenario) largeAnswer() error {
	request := &postern.InviteUsersRequest{OrganizationId: organization}
	for index := 0; index < 1000; index++ {
		request.Users = append(request.Users, &postern.InvitedUser{
			UserId:      fmt.Sprintf("large-%d", index),
			DisplayName: strings.Repeat("x", 250),
		})
	}
	response, err := s.directory.InviteUsers(within(), request)
	if err != nil {
		return err
	}
	if len(response.Users) != len(request.Users) {
		return fmt.Errorf("%d users came back", len(response.Users))
	}
	for index, user := range response.Users {
		if user.Id != request.Users[index].UserId {
			return fmt.Errorf("user %d is `%s`", index, user.Id)
		}
	}
	return nil
}

func (s *scenario) manyCallsAtOnce() error {
	const count = 300
	errs := make(chan error, count)
	ctx := within()
	var all sync.WaitGroup
	for index := 0; index < count; index++ {
		all.Add(1)
		go func(index int) {
			defer all.Done()
			request := &postern.ValidateTokenRequest{Secret: "pst_u_x"}
			if index%2 == 1 {
				request.Secret = s.memberSecret
			}
			response, err := s.tokens.ValidateToken(ctx, request)
			if err == nil && response.Active != (index%2 == 1) {
				err = fmt.Errorf("call %d: active is %v", index, response.Active)
			}
			errs <- err
		}(index)
	}
	all.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *scenario) revoke() error {
	request := &postern.RevokeTokenRequest{Secret: s.memberSecret}
	first, err := s.tokens.RevokeToken(within(), request)
	if err != nil {
		return err
	}
	again, err := s.tokens.RevokeToken(within(), request)
	if err != nil {
		return err
	}
	if first.Revision == 0 || again.Revision < first.Revision {
		return fmt.Errorf("revision %d, and %d for a repeat", first.Revision, again.Revision)
	}
	return nil
}

func (s *scenario) validateRevoked() error {
	request := &postern.ValidateTokenRequest{Secret: s.memberSecret}
	response, err := s.tokens.ValidateToken(within(), request)
	if err != nil {
		return err
	}
	if response.String() != (&postern.ValidateTokenResponse{
		Revision: response.Revision, LedgerEpoch: response.LedgerEpoch,
	}).String() {
		return fmt.Errorf("the answer says more than inactive: %v", response)
	}
	return nil
}

func (s *scenario) checkRevoked() error {
	response, err := s.check(s.memberSecret, "dashboard.create")
	if err != nil {
		return err
	}
	if response.Allowed || response.Reason != postern.DecisionReason_DECISION_REASON_TOKEN_INACTIVE {
		return fmt.Errorf("the answer is %v", response)
	}
	return nil
}

func (s *scenario) bearerRevoked() error {
	request := &postern.GetOrganizationRequest{OrganizationId: organization}
	_, err := s.directory.GetOrganization(bearer(s.memberSecret), request)
	_, err = fails(err, codes.Unauthenticated)
	return err
}

// What the steps share.

func (s *scenario) issue(ctx context.Context, user string) (*postern.IssueTokenResponse, error) {
	request := &postern.IssueTokenRequest{OrganizationId: organization, UserId: user}
	response, err := s.tokens.IssueToken(ctx, request)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(response.Secret, "pst_u_") || response.Token == nil {
		return nil, errors.New("no token, or its secret doesn't begin with `pst_u_`")
	}
	return response, nil
}

func (s *scenario) check(secret, action string) (*postern.CheckResponse, error) {
	if secret == "" {
		return nil, errors.New("no token was issued")
	}
	return s.permissions.Check(within(), &postern.CheckRequest{
		TokenSecret: secret,
		Action:      action,
		Resource:    &postern.ResourceReference{Type: strings.SplitN(action, ".", 2)[0]},
	})
}

func (s *scenario) raw(service, method string, body []byte) error {
	return s.client.Call(within(), service, method, &encoded{bytes: body}, &encoded{})
}

// The time of one call. Nothing is lost by not cancelling it: the process ends soon.
func within() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	_ = cancel
	return ctx
}

func bearer(secret string) context.Context {
	return ttrpc.WithMetadata(within(), ttrpc.MD{"authorization": {"Bearer " + secret}})
}

// Wants an error of that code, and answers its ErrorInfo if it has one.
func fails(err error, code codes.Code) (*errdetails.ErrorInfo, error) {
	if err == nil {
		return nil, fmt.Errorf("OK in place of %v", code)
	}
	if status.Code(err) != code {
		return nil, fmt.Errorf("`%v` in place of %v", err, code)
	}
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info, nil
		}
	}
	return nil, nil
}

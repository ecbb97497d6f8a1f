using Penstock.Net;

namespace Penstock.Tests.Net;

/// <summary>What accept(2) lists as passing, as exhaustion and as a broken listener.</summary>
public sealed class AcceptFailuresTests
{
    public static TheoryData<int> Exhausted =>
        [Errno.EMFILE, Errno.ENFILE, Errno.ENOMEM, Errno.ENOBUFS, Errno.EPERM, Errno.EACCES];

    public static TheoryData<int> Fatal =>
        [Errno.EBADF, Errno.EINVAL, Errno.EFAULT, Errno.ENOTSOCK, Errno.EOPNOTSUPP];

    public static TheoryData<int> Transient =>
    [
        Errno.ECONNABORTED, Errno.ENETDOWN, Errno.EPROTO, Errno.ENOPROTOOPT, Errno.EHOSTDOWN, Errno.EHOSTUNREACH,
        Errno.ENETUNREACH, Errno.EINTR,
    ];

    [Theory]
    [MemberData(nameof(Exhausted))]
    public void Running_out_asks_for_a_rest(int errno) =>
        Assert.Equal(AcceptFailure.Exhausted, AcceptFailures.Classify(errno));

    [Theory]
    [MemberData(nameof(Fatal))]
    public void A_broken_listener_is_fatal(int errno) =>
        Assert.Equal(AcceptFailure.Fatal, AcceptFailures.Classify(errno));

    [Theory]
    [MemberData(nameof(Transient))]
    public void What_a_peer_or_the_network_did_is_passing(int errno) =>
        Assert.Equal(AcceptFailure.Transient, AcceptFailures.Classify(errno));
}

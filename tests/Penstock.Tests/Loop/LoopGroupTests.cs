using System.Net;
using Penstock.Drivers;
using Penstock.Polling;
using Penstock.Tests.Server;

namespace Penstock.Tests.Loop;

/// <summary>How a group starts: on what it was asked for, or not at all.</summary>
public sealed class LoopGroupTests
{
    [Theory]
    [InlineData(IoMechanism.IoUring, "io_uring, 2 loops")]
    [InlineData(IoMechanism.Epoll, "epoll, level-triggered, 2 loops")]
    [InlineData(IoMechanism.Kqueue, "kqueue, level-triggered, 2 loops")]
    [InlineData(IoMechanism.Poll, "poll, level-triggered, 2 loops")]
    [InlineData(IoMechanism.BusyWait, "busy-wait, level-triggered, 2 loops")]
    [InlineData(IoMechanism.Sockets, ".NET sockets, 2 loops")]
    [InlineData(IoMechanism.Blocking, "blocking, one connection at a time")]
    [InlineData(IoMechanism.ThreadPerConnection, "blocking, a thread per connection, at most 16")]
    public async Task It_runs_on_the_mechanism_that_was_asked_for_and_says_so(IoMechanism io, string description)
    {
        TestIo.SkipIfRefused(io);
        await using var group = new LoopGroup(Options(io));
        Assert.Equal(description, group.Description);
        Assert.Equal(7, await group.ReadAsync(() => 7, group.Count - 1));
    }

    /// <summary>Loops that started before one that cannot must not be left behind: the test would not end.</summary>
    [Theory]
    [InlineData(IoMechanism.IoUring, Trigger.Edge, "io_uring has no edge trigger.")]
    [InlineData(IoMechanism.Poll, Trigger.Edge, "poll has no edge trigger.")]
    [InlineData(IoMechanism.BusyWait, Trigger.Edge, "busy-wait has no edge trigger.")]
    [InlineData(IoMechanism.Sockets, Trigger.OneShot, "The sockets driver has no oneshot trigger.")]
    [InlineData(IoMechanism.Blocking, Trigger.Edge, "The blocking driver has no edge trigger.")]
    public void A_trigger_that_the_mechanism_lacks_is_refused_by_name(IoMechanism io, Trigger trigger, string message)
    {
        TestIo.SkipIfRefused(io);
        LoopOptions options = Options(io);
        options.Trigger = trigger;
        var refused = Assert.Throws<NotSupportedException>(() => new LoopGroup(options));
        Assert.Equal(message, refused.Message);
    }

    [Fact]
    public async Task With_a_thread_per_connection_the_loop_of_an_outbound_one_cannot_be_chosen()
    {
        TestIo.SkipIfRefused(IoMechanism.ThreadPerConnection);
        await using var group = new LoopGroup(Options(IoMechanism.ThreadPerConnection));
        await Assert.ThrowsAsync<NotSupportedException>(() => group.ConnectAsync(
            new IPEndPoint(IPAddress.Loopback, 1), new ScriptedHandler(), loop: 0,
            cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Every_mechanism_has_a_name_of_its_own() => Assert.Equal(
        ["io_uring", "epoll", "poll", "busy-wait", "kqueue", "sockets", "blocking", "thread-per-connection"],
        new[]
        {
            IoMechanism.IoUring, IoMechanism.Epoll, IoMechanism.Poll, IoMechanism.BusyWait, IoMechanism.Kqueue,
            IoMechanism.Sockets, IoMechanism.Blocking, IoMechanism.ThreadPerConnection,
        }.Select(MechanismNames.Of));

    private static LoopOptions Options(IoMechanism io) =>
        new() { Io = io, Count = 2, MaxConnectionsPerLoop = 16, MaxConnectionThreads = 16 };
}

namespace Penstock.Tests;

/// <summary>Every option is checked once, before anything is opened, and the message names it.</summary>
public sealed class OptionValidationTests
{
    private static readonly Dictionary<string, Action<ServerOptions>> Mistakes = new()
    {
        [nameof(ServerOptions.MaxMessageBytes)] = o => o.MaxMessageBytes = 0,
        [nameof(ServerOptions.MaxSendQueueBytes)] = o => o.MaxSendQueueBytes = -1,
        [nameof(ServerOptions.ResumeSendQueueBytes)] = o => o.ResumeSendQueueBytes = o.MaxSendQueueBytes + 1,
        [nameof(ServerOptions.IdleTimeout)] = o => o.IdleTimeout = TimeSpan.Zero,
        [nameof(ServerOptions.FirstMessageTimeout)] = o => o.FirstMessageTimeout = TimeSpan.FromTicks(-1),
        [nameof(ServerOptions.WriteStallTimeout)] = o => o.WriteStallTimeout = TimeSpan.MinValue,
        [nameof(ServerOptions.LingerTimeout)] = o => o.LingerTimeout = Timeout.InfiniteTimeSpan,
        [nameof(ServerOptions.MaxConnections)] = o => o.MaxConnections = 0,
        [nameof(ServerOptions.Backlog)] = o => o.Backlog = 0,
        [nameof(ServerOptions.ShutdownTimeout)] = o => o.ShutdownTimeout = TimeSpan.Zero,
        [nameof(LoopOptions.Count)] = o => o.Loops.Count = 0,
        [nameof(LoopOptions.MaxEventsPerTurn)] = o => o.Loops.MaxEventsPerTurn = 0,
        [nameof(LoopOptions.MaxReadBytesPerTurn)] = o => o.Loops.MaxReadBytesPerTurn = -1,
    };

    public static TheoryData<string> Options => [.. Mistakes.Keys];

    [Theory]
    [MemberData(nameof(Options))]
    public void A_value_out_of_range_is_refused_by_name(string option)
    {
        var options = new ServerOptions { Loops = { Count = 1 } };
        Mistakes[option](options);
        var refused = Assert.Throws<ArgumentOutOfRangeException>(option, () => TcpServer.Start(options, _ => null!));
        Assert.StartsWith(option, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_time_that_no_deadline_can_hold_is_refused_by_name()
    {
        foreach (Action<ServerOptions, TimeSpan> set in new Action<ServerOptions, TimeSpan>[]
        {
            (o, time) => o.IdleTimeout = time, (o, time) => o.FirstMessageTimeout = time,
            (o, time) => o.WriteStallTimeout = time, (o, time) => o.ShutdownTimeout = time,
        })
        {
            var options = new ServerOptions();
            set(options, TimeSpan.MaxValue);
            Assert.Throws<ArgumentOutOfRangeException>(options.Validate);
            set(options, Timeout.InfiniteTimeSpan);
            options.Validate();
        }
    }

    [Fact]
    public void A_message_that_no_array_can_hold_is_refused_by_name() =>
        Assert.Throws<ArgumentOutOfRangeException>(
            nameof(ConnectionOptions.MaxMessageBytes),
            () => new ConnectionOptions { MaxMessageBytes = int.MaxValue }.Validate());

    [Fact]
    public void A_negative_low_mark_is_refused_by_name() =>
        Assert.Throws<ArgumentOutOfRangeException>(
            nameof(ConnectionOptions.ResumeSendQueueBytes),
            () => new ConnectionOptions { ResumeSendQueueBytes = -1 }.Validate());

    [Fact]
    public void A_group_checks_its_own_options() =>
        Assert.Throws<ArgumentOutOfRangeException>(
            nameof(LoopOptions.MaxConnectionsPerLoop),
            () => new LoopGroup(new LoopOptions { MaxConnectionsPerLoop = 0 }));

    [Fact]
    public void Defaults_are_valid()
    {
        AssertValid(new ServerOptions());
        Assert.Null(Record.Exception(new ConnectionOptions().Validate));
        Assert.Null(Record.Exception(new LoopOptions().Validate));
    }

    [Fact]
    public void Every_timeout_that_is_a_limit_may_be_infinite() => AssertValid(new ServerOptions
    {
        IdleTimeout = Timeout.InfiniteTimeSpan,
        FirstMessageTimeout = Timeout.InfiniteTimeSpan,
        WriteStallTimeout = Timeout.InfiniteTimeSpan,
        ShutdownTimeout = Timeout.InfiniteTimeSpan,
    });

    [Fact]
    public void Null_is_refused_where_something_is_needed()
    {
        Assert.Throws<ArgumentNullException>(() => TcpServer.Start(null!, _ => null!));
        Assert.Throws<ArgumentNullException>(() => new ServerOptions { EndPoint = null! }.Validate());
        Assert.Throws<ArgumentNullException>(() => new LoopOptions { TimeProvider = null! }.Validate());
        var oneLoop = new ServerOptions { Loops = { Count = 1 } };
        Assert.Throws<ArgumentNullException>(
            "handlerFactory", () => TcpServer.Start(oneLoop, (Func<EventLoopContext, ConnectionHandler>)null!));
    }

    private static void AssertValid(ServerOptions options) => Assert.Null(Record.Exception(options.Validate));
}

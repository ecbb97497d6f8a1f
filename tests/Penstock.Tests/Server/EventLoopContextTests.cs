namespace Penstock.Tests.Server;

/// <summary>What a handler is given of the loop that it is made for.</summary>
public sealed class EventLoopContextTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData(null)]
    [InlineData(IoMechanism.ThreadPerConnection)]
    public async Task Handlers_of_two_servers_on_one_loop_share_one_object_and_other_loops_have_others(IoMechanism? io)
    {
        const int connections = 6;
        if (io is { } mechanism)
            TestIo.SkipIfRefused(mechanism);
        else
            TestIo.SkipIfOneAtATime();
        LoopOptions options = TestIo.Apply(new LoopOptions { MaxConnectionsPerLoop = 64 }, count: 2, io);
        await using var group = new LoopGroup(options);
        var shared = new PerLoop<OnOneLoop>(loop => new OnOneLoop(loop));
        await using TestServer one = Start();
        await using TestServer other = Start();
        TestClient[] clients = new TestClient[connections];
        for (int i = 0; i < connections; i++)
        {
            // In the second round the servers find the threads in another order than the first left them.
            clients[i] = await (i % 3 == 0 ? one : other).ConnectAsync();
            await clients[i].ExchangeAsync();
            if (i % 2 == 0)
                clients[i].Dispose();
        }

        Assert.All(shared.Values, each => Assert.True(each.WereAllOnLoop));
        Assert.True(shared.Values.Sum(each => each.Uses) >= connections, "A connection was served elsewhere.");
        Assert.Equal(shared.Values.Count(), shared.Values.Select(each => each.Loop).Distinct().Count());
        Assert.All(shared.Values, each => Assert.Same(each, shared[each.Loop]));
        Array.ForEach(clients, client => client.Dispose());

        TestServer Start()
        {
            var journal = new ConnectionJournal();
            return TestServer.Start(journal, loop => new SharingHandler(journal, shared[loop]), group: group);
        }
    }

    [Fact]
    public async Task A_connection_names_the_loop_that_its_handler_was_made_for()
    {
        var named = new TaskCompletionSource<EventLoopContext>(TaskCreationOptions.RunContinuationsAsynchronously);
        var handler = new ScriptedHandler { Opened = connection => named.TrySetResult(connection.Loop) };
        await using TestServer server = TestServer.Scripted(handler);
        using TestClient client = await server.ConnectAsync();
        EventLoopContext loop = await named.Task.Bounded();
        Assert.Same(server.Group[loop.Index], loop);
        Assert.Same(server.Group, loop.Group);
        Assert.False(loop.IsOnLoop);
        Assert.True(await server.ReadAsync(() => loop.IsOnLoop, loop.Index));
    }

    [Fact]
    public async Task What_is_kept_for_a_loop_is_disposed_on_it_when_it_ends()
    {
        LoopGroup group = LoopGroupReading.Create(loops: TestIo.LoopsAreShared ? 2 : 1);
        var kept = new PerLoop<Kept>(loop => new Kept(loop));
        Kept[] all = [.. Enumerable.Range(0, group.Count).Select(loop => kept[group[loop]])];
        Assert.All(all, each => Assert.Null(each.WasDisposedOnLoop));
        await group.DisposeAsync();
        Assert.All(all, each => Assert.True(each.WasDisposedOnLoop));
    }

    [Fact]
    public async Task What_one_group_keeps_is_not_given_to_another()
    {
        await using LoopGroup group = LoopGroupReading.Create();
        await using LoopGroup other = LoopGroupReading.Create();
        var kept = new PerLoop<OnOneLoop>(loop => new OnOneLoop(loop));
        Assert.Same(kept[group[0]], kept[group[0]]);
        Assert.Throws<ArgumentException>("loop", () => kept[other[0]]);
    }

    [Fact]
    public async Task A_timer_beats_on_the_loops_clock_until_it_is_disposed()
    {
        await using LoopGroup group = LoopGroupReading.Create(time: _time);
        int beats = 0;
        IDisposable timer = group[0].StartTimer(Second, () => beats++);
        await group.ReadAsync(() => 0);
        for (int i = 1; i <= 3; i++)
        {
            _time.Advance(Second);
            await Patience.UntilAsync(() => group.ReadAsync(() => beats == i));
        }

        timer.Dispose();
        timer.Dispose();
        await group.ReadAsync(() => 0);
        await AdvanceAsync(group, 10 * Second);
        Assert.Equal(3, beats);
        Assert.Throws<ArgumentOutOfRangeException>("period", () => group[0].StartTimer(TimeSpan.Zero, () => { }));
    }

    [Fact]
    public async Task A_one_shot_timer_runs_once_and_in_the_order_of_the_times()
    {
        await using LoopGroup group = LoopGroupReading.Create(time: _time);
        List<string> ran = [];
        await group.ReadAsync(() =>
        {
            EventLoopContext loop = group[0];
            loop.StartOneShotTimer(3 * Second, () => ran.Add("third"));
            loop.StartOneShotTimer(Second, () => ran.Add("first"));
            loop.StartOneShotTimer(2 * Second, () => ran.Add("never")).Dispose();
            return loop.StartOneShotTimer(Second, () => ran.Add("second"));
        });
        await AdvanceAsync(group, 10 * Second);
        await Patience.UntilAsync(() => group.ReadAsync(() => ran.Count == 3));
        await AdvanceAsync(group, 10 * Second);
        Assert.Equal(["first", "second", "third"], await group.ReadAsync(() => ran.ToArray()));
        Assert.Throws<ArgumentOutOfRangeException>("delay", () => group[0].StartOneShotTimer(-Second, () => { }));
    }

    [Fact]
    public async Task A_timer_may_stop_itself_and_set_another_that_is_due_at_once()
    {
        await using LoopGroup group = LoopGroupReading.Create(time: _time);
        int beats = 0, others = 0;
        IDisposable? timer = null;
        timer = await group.ReadAsync(() => group[0].StartTimer(Second, () =>
        {
            beats++;
            timer!.Dispose();
            group[0].StartOneShotTimer(TimeSpan.Zero, () => others++);
        }));
        await AdvanceAsync(group, Second);
        await Patience.UntilAsync(() => group.ReadAsync(() => others == 1));
        await AdvanceAsync(group, 5 * Second);
        Assert.Equal((1, 1), await group.ReadAsync(() => (beats, others)));
    }

    [Fact]
    public async Task A_timer_that_throws_is_ended_and_nothing_else_is()
    {
        await using LoopGroup group = LoopGroupReading.Create(time: _time);
        int calls = 0, beats = 0;
        group[0].StartTimer(Second, () =>
        {
            calls++;
            throw new InvalidOperationException("The test's timer.");
        });
        group[0].StartTimer(Second, () => beats++);
        await group.ReadAsync(() => 0);
        for (int i = 1; i <= 3; i++)
        {
            _time.Advance(Second);
            await Patience.UntilAsync(() => group.ReadAsync(() => beats == i));
        }

        Assert.Equal(1, await group.ReadAsync(() => calls));
    }

    [Fact]
    public async Task Timers_may_be_as_many_as_their_owner_likes()
    {
        const int count = 10_000;
        await using LoopGroup group = LoopGroupReading.Create(time: _time);
        int ran = 0;
        IDisposable[] timers = await group.ReadAsync(() => Enumerable.Range(1, count).Select(
            i => group[0].StartOneShotTimer(i * TimeSpan.FromMilliseconds(1), () => ran++)).ToArray());
        foreach (IDisposable timer in timers[(count / 2)..])
            timer.Dispose();
        await group.ReadAsync(() => 0);
        await AdvanceAsync(group, 60 * Second);
        await Patience.UntilAsync(() => group.ReadAsync(() => ran == count / 2));
    }

    /// <summary>Moves the clock, then lets the loop have whole turns, so that what is due has been done.</summary>
    private async Task AdvanceAsync(LoopGroup group, TimeSpan duration)
    {
        _time.Advance(duration);
        for (int turn = 0; turn < 3; turn++)
            await group.ReadAsync(() => 0);
    }

    private sealed class OnOneLoop(EventLoopContext loop)
    {
        private volatile int _uses;
        private volatile bool _strayed;

        public EventLoopContext Loop => loop;

        public int Uses => _uses;

        public bool WereAllOnLoop => !_strayed;

        public void Use()
        {
            _strayed |= !loop.IsOnLoop;
            _uses++;
        }
    }

    private sealed class SharingHandler(ConnectionJournal journal, OnOneLoop shared) : ConnectionHandler
    {
        public override void OnOpened(Connection connection) => journal.OnOpened(connection);

        public override int OnReceived(Connection connection, ReadOnlySpan<byte> data)
        {
            shared.Use();
            return ScriptedHandler.Echo(connection, data);
        }

        public override void OnClosed(Connection connection, CloseReason reason) =>
            journal.OnClosed(connection, reason);
    }

    private sealed class Kept(EventLoopContext loop) : IDisposable
    {
        public bool? WasDisposedOnLoop { get; private set; }

        public void Dispose() => WasDisposedOnLoop = loop.IsOnLoop;
    }
}

using System.Diagnostics.Metrics;
using System.Diagnostics.Tracing;

namespace Penstock.Tests.Server;

/// <summary>Whoever listens to the engine's events and meters may throw; it costs neither a loop nor a start or a
/// stop.</summary>
public sealed class ThrowingListenerTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_event_listener_that_throws_changes_nothing(bool isPrintable)
    {
        using var listener = new ThrowingEventListener(isPrintable);
        await using TestServer server = TestServer.Scripted(new ScriptedHandler());
        using TestClient first = await server.ConnectAsync();
        await first.SendAsync("one");
        Assert.Equal("one", await first.ReceiveTextAsync(3));
        server.Group[0].Post(() => throw new InvalidOperationException("reported"));
        await Patience.UntilAsync(() => listener.Calls > 0);
        await first.SendAsync("two");
        Assert.Equal("two", await first.ReceiveTextAsync(3));
        Assert.False(server.Group.Completion.IsCompleted);
    }

    [Fact]
    public async Task A_meter_listener_that_throws_neither_keeps_a_group_from_starting_nor_from_ending()
    {
        using var listener = new ThrowingMeterListener();
        LoopGroup group = LoopGroupReading.Create();
        await using (TestServer server = TestServer.Echo(group: group))
        {
            using TestClient client = await server.ConnectAsync();
            Assert.Throws<AggregateException>(listener.Record);
            await client.ExchangeAsync();
        }

        await group.DisposeAsync().AsTask().Bounded();
        await group.Completion.Bounded();
        Assert.True(listener.Published > 0);
        Assert.True(listener.Completed > 0);
    }

    /// <summary>
    /// Throws from all that it is told of the engine's meter, except for what there is when it starts and when it ends.
    /// </summary>
    private sealed class ThrowingMeterListener : IDisposable
    {
        private readonly MeterListener _listener = new();
        private volatile bool _throws;
        private int _published;
        private int _completed;

        public ThrowingMeterListener()
        {
            _listener.InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name != "Penstock")
                    return;
                self.EnableMeasurementEvents(instrument);
                Interlocked.Increment(ref _published);
                Throw("published");
            };
            _listener.MeasurementsCompleted = (_, _) =>
            {
                Interlocked.Increment(ref _completed);
                Throw("completed");
            };
            _listener.SetMeasurementEventCallback<long>((_, _, _, _) => Throw("measured"));
            _listener.Start();
            _throws = true;
        }

        public int Published => Volatile.Read(ref _published);

        public int Completed => Volatile.Read(ref _completed);

        public void Record() => _listener.RecordObservableInstruments();

        public void Dispose()
        {
            _throws = false;
            _listener.Dispose();
        }

        private void Throw(string what)
        {
            if (_throws)
                throw new InvalidOperationException(what);
        }
    }

    private sealed class ThrowingEventListener(bool isPrintable) : EventListener
    {
        private int _calls;

        public int Calls => Volatile.Read(ref _calls);

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "Penstock")
                EnableEvents(eventSource, EventLevel.Verbose);
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            Interlocked.Increment(ref _calls);
            throw isPrintable ? new InvalidOperationException("listener") : new UnprintableException();
        }
    }

    private sealed class UnprintableException : Exception
    {
        public override string Message => throw new InvalidOperationException("This exception has no message.");
    }
}

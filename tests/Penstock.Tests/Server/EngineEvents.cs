using System.Collections.Concurrent;
using System.Diagnostics.Tracing;

namespace Penstock.Tests.Server;

/// <summary>What the engine's event source has reported since this was made; of all tests that run beside it.</summary>
internal sealed class EngineEvents : EventListener
{
    private readonly ConcurrentQueue<(int Id, EventLevel Level, string Text)> _events = new();

    /// <summary>Whether an event with this number and this text in it was written.</summary>
    public bool Contains(int id, string text) => Count(id, text) > 0;

    public int Count(int id, string text) => _events.Count(e => e.Id == id && e.Text.Contains(text));

    public int Count(EventLevel level, string text) => _events.Count(e => e.Level == level && e.Text.Contains(text));

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Penstock")
            EnableEvents(eventSource, EventLevel.Informational);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData) => _events.Enqueue(
        (eventData.EventId, eventData.Level, string.Join(' ', eventData.Payload ?? new([]))));
}

using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace Penstock.Kestrel.Tests;

/// <summary>Connection middleware that makes everything received upper case.</summary>
internal sealed class UpperCasePipe : IDuplexPipe
{
    private readonly IDuplexPipe _inner;
    private readonly Pipe _changed = new();

    public UpperCasePipe(IDuplexPipe inner)
    {
        _inner = inner;
        _ = ChangeAsync();
    }

    public PipeReader Input => _changed.Reader;

    public PipeWriter Output => _inner.Output;

    private async Task ChangeAsync()
    {
        Exception? error = null;
        try
        {
            while (true)
            {
                ReadResult read = await _inner.Input.ReadAsync();
                string text = Encoding.Latin1.GetString(read.Buffer.ToArray());
                _inner.Input.AdvanceTo(read.Buffer.End);
                await _changed.Writer.WriteAsync(Encoding.Latin1.GetBytes(text.ToUpperInvariant()));
                if (read.IsCompleted)
                    break;
            }
        }
        catch (Exception exception)
        {
            error = exception;
        }

        await _changed.Writer.CompleteAsync(error);
    }
}

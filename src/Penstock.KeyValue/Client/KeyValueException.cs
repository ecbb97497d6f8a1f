namespace Penstock.KeyValue.Client;

/// <summary>The server refused a request: it is out of memory, or cannot write its log. Nothing was changed.</summary>
public sealed class KeyValueException : Exception
{
    /// <summary>An exception without details.</summary>
    public KeyValueException()
    {
    }

    /// <summary>An exception that says what happened.</summary>
    public KeyValueException(string message)
        : base(message)
    {
    }

    /// <summary>An exception with a cause.</summary>
    public KeyValueException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

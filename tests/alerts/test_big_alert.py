"""A change of 10,000 endpoints: one Slack message within its limits, one mail with all."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.support.big_alert import ENDPOINTS, send_alert


@pytest.mark.parametrize("per_entry", [1, 50])
def test_it_is_one_message_each(tmp_path, per_entry):
    sent = send_alert(per_entry, str(tmp_path))
    assert sent.failures == []
    (slack,), (mail,) = sent.slack, sent.mails
    message = json.loads(slack)
    texts = [block["text"]["text"] for block in message["blocks"]]
    assert len(texts) <= 50
    assert max(map(len, texts)) <= 3000
    assert len(message["text"]) <= 3000
    assert texts[0].endswith("(+9,999)")
    assert "10,000 endpoints to allow" in texts[1]
    assert any("more" in text for text in texts)
    assert len(mail.data) < 10_000_000
    (attached,) = mail.message.iter_attachments()
    data = attached.get_content()
    data = gzip.decompress(data) if attached.get_filename().endswith(".gz") else data
    assert len(json.loads(data)["endpoints_added"]) == ENDPOINTS

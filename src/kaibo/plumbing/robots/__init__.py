"""Notices into the groups people already look at: 企业微信, 钉钉, 飞书. An outbox with the company's own pace, retries and quiet repeats."""
